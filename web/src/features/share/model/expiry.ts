/** For how long a link is good, as people choose it. */
export const lifetimes = [
  { value: '1', label: 'One day' },
  { value: '7', label: 'One week' },
  { value: '30', label: '30 days' },
  { value: '365', label: 'One year' },
  { value: '', label: 'Until it is revoked' },
];

export function expiryAfter(days: string, now = Date.now()): string | undefined {
  return days ? new Date(now + Number(days) * 86_400_000).toISOString() : undefined;
}
