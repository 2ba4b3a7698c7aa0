/**
 * Actions on many assets: one request, an answer for each asset. What takes longer goes on behind the answer and is asked
 * for until it has ended.
 */
import { api, unwrap } from '../api/client';
import type { Batch, BatchSummary } from '../api/types';

export type BatchAction =
  | 'Move'
  | 'Copy'
  | 'Duplicate'
  | 'Trash'
  | 'Undelete'
  | 'Delete'
  | 'AddTag'
  | 'RemoveTag'
  | 'AddCollection'
  | 'RemoveCollection'
  | 'Archive'
  | 'Restore'
  | 'Reprocess';

export type BatchArguments = Record<string, unknown>;

export function startBatch(action: BatchAction, targetIds: string[], actionArguments: BatchArguments): Promise<Batch> {
  return unwrap(
    // The document names the path's one variable after its siblings'; on POST it is the action.
    api.POST('/admin/asset/{id}', {
      params: { path: { id: action } },
      body: { targetIds, actionArguments },
    }),
  );
}

export function fetchBatch(id: string): Promise<Batch> {
  return unwrap(api.GET('/admin/batch/{id}', { params: { path: { id } } }));
}

/** Those of a user that go on: at most the newest hundred. */
export async function fetchOpenBatches(userId: string): Promise<BatchSummary[]> {
  return (await unwrap(api.GET('/admin/batch', { params: { query: { state: 'open', userId, pageSize: 100 } } }))).items;
}

interface Words {
  /** "Moved" 3 items */
  done: string;
  /** "Moving" 3 items */
  doing: string;
  /** 3 items could not be "moved" */
  participle: string;
}

const words: Record<BatchAction, Words> = {
  Move: { done: 'Moved', doing: 'Moving', participle: 'moved' },
  Copy: { done: 'Copied', doing: 'Copying', participle: 'copied' },
  Duplicate: { done: 'Duplicated', doing: 'Duplicating', participle: 'duplicated' },
  Trash: { done: 'Moved to the bin:', doing: 'Moving to the bin:', participle: 'moved to the bin' },
  Undelete: { done: 'Restored', doing: 'Restoring', participle: 'restored' },
  Delete: { done: 'Deleted', doing: 'Deleting', participle: 'deleted' },
  AddTag: { done: 'Tagged', doing: 'Tagging', participle: 'tagged' },
  RemoveTag: { done: 'Took tags off', doing: 'Taking tags off', participle: 'changed' },
  AddCollection: { done: 'Collected', doing: 'Collecting', participle: 'collected' },
  RemoveCollection: {
    done: 'Took out of the collection:',
    doing: 'Taking out of the collection:',
    participle: 'taken out',
  },
  Archive: { done: 'Archived', doing: 'Archiving', participle: 'archived' },
  Restore: { done: 'Restored', doing: 'Restoring', participle: 'restored' },
  Reprocess: { done: 'Processing again:', doing: 'Processing again:', participle: 'processed again' },
};

/** The program answers with its own spelling of the action. */
export function wordsOf(action: string): Words {
  return words[action as BatchAction] ?? { done: `${action}:`, doing: `${action}:`, participle: 'changed' };
}
