/** What the server says of a file that did not become what it could have been. */
import type { AssetDetail } from '../api/types';
import { assetStatus, statusLook } from './status';

export interface Trouble {
  /** Null where the words alone say all. */
  title: string | null;
  words: string | null;
  /** Whether processing it again can change anything. */
  again: boolean;
}

type Told = Pick<AssetDetail, 'assetStatus' | 'error' | 'mediaProperties' | 'processing' | 'size'>;

/** Why it is shown as a plain file: it is empty, it is not what its name promises, it is locked. */
export function reasonOf(detail: Pick<AssetDetail, 'mediaProperties'>): string | null {
  const { reason } = detail.mediaProperties;
  return typeof reason === 'string' && reason !== '' ? reason : null;
}

export function troubleOf(detail: Told): Trouble | null {
  // What is being done now may well mend it.
  if (statusLook(detail.assetStatus).busy) return null;
  const failed = detail.processing.find((step) => step.status === 'Failed' && step.error);
  if (detail.assetStatus === assetStatus.error) {
    return { title: 'This file could not be processed', words: detail.error ?? failed?.error ?? null, again: true };
  }
  if (detail.error) return { title: 'Part of the processing did not work', words: detail.error, again: true };
  const reason = reasonOf(detail);
  return reason ? { title: null, words: reason, again: detail.size > 0 } : null;
}
