import { api, sessionFetch, unwrap } from '@/shared/api/client';
import { ApiError, problemFromResponse } from '@/shared/api/problem';
import { mediaUrl } from '@/shared/api/media-url';
import { parseSprites, type SpriteCue } from '../model/sprites';
import { parsePeaks } from '../model/waveform';

export interface StreamGrant {
  expiresAt: number;
}

/** Sets the cookies with which a player may fetch everything of one rendition. */
export async function grantStream(assetId: string, relatedAssetId: string): Promise<StreamGrant> {
  const { expiresAt } = await unwrap(
    api.GET('/asset/{assetId}/set-cookies/{relatedAssetId}', { params: { path: { assetId, relatedAssetId } } }),
  );
  return { expiresAt: Date.parse(expiresAt) };
}

async function fetchMedia(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await sessionFetch(new Request(mediaUrl(url) ?? url, { credentials: 'same-origin', headers }));
  if (!response.ok) throw await problemFromResponse(response);
  return response;
}

export async function fetchSprites(url: string): Promise<SpriteCue[]> {
  const response = await fetchMedia(url);
  return parseSprites(await response.text(), mediaUrl(url) ?? url);
}

export interface TextStart {
  text: string;
  whole: boolean;
}

/** How a text begins; what is no text in UTF-8 shows signs in place of what cannot be read. */
export async function fetchTextStart(url: string, bytes: number): Promise<TextStart> {
  const response = await fetchMedia(url, { Range: `bytes=0-${bytes - 1}` });
  const size = Number(response.headers.get('Content-Range')?.split('/')[1]);
  return { text: new TextDecoder().decode(await response.arrayBuffer()), whole: !(size > bytes) };
}

export async function fetchPeaks(url: string): Promise<number[]> {
  const response = await fetchMedia(url);
  try {
    return parsePeaks(await response.json());
  } catch {
    throw new ApiError({ status: response.status, title: 'The waveform could not be read' });
  }
}
