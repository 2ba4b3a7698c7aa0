/** URLs in an asset's JSON are relative to the server's root, while the page lives under /app/. */
export function mediaUrl(url: string | null | undefined): string | undefined {
  if (!url) return undefined;
  return new URL(url, `${window.location.origin}/`).href;
}

/** The original, to be saved and not shown. */
export function downloadUrl(url: string | null | undefined): string | undefined {
  const absolute = mediaUrl(url);
  if (!absolute) return undefined;
  const wanted = new URL(absolute);
  wanted.searchParams.set('download', '1');
  return wanted.href;
}
