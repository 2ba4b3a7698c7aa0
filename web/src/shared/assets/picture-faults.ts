/** What came of an address that did not load: the asset is asked for anew, then it is tried once more, then it is gone. */
export type Fault = 'asked' | 'again' | 'gone';

/** The first address that there is hope for. */
export function hopeful(addresses: readonly (string | null | undefined)[], faults: ReadonlyMap<string, Fault>) {
  return addresses.find((address) => address && (faults.get(address) ?? 'again') === 'again') ?? undefined;
}
