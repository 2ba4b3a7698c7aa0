import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hopeful, type Fault } from './picture-faults';
import { refreshAsset } from './refresh';

/**
 * One picture of an asset, by its addresses from the best on. Its content, and so its addresses, may have been replaced
 * since they were listed: one that does not load has the asset asked for anew, and is tried once more should it still
 * be named.
 */
export function usePicture(assetId: string, ...addresses: (string | null | undefined)[]) {
  const client = useQueryClient();
  const [faults, setFaults] = useState<ReadonlyMap<string, Fault>>(new Map());
  const address = hopeful(addresses, faults);
  const note = (about: string, fault: Fault) => setFaults((known) => new Map(known).set(about, fault));
  const onError = () => {
    if (!address) return;
    if (faults.has(address)) return note(address, 'gone');
    note(address, 'asked');
    void refreshAsset(client, assetId).finally(() => note(address, 'again'));
  };
  return { address, onError, asking: [...faults.values()].includes('asked') };
}
