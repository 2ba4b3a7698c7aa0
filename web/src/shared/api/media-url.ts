/** URLs in an asset's JSON are relative to the server's root, while the page lives under /app/. */
export function mediaUrl(url: string | null | undefined): string | undefined {
  if (!url) return undefined;
  return new URL(url, `${window.location.origin}/`).href;
}
