/** What this browser remembers of uploads under way, over a reload and between tabs. */
import type { Memories, Memory } from './matching';

const key = 'rv.uploads';
const maxAgeMs = 8 * 24 * 3600_000;

export const tabId = Math.random().toString(36).slice(2);

export function readMemories(): Memories {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Memories) : {};
  } catch {
    return {};
  }
}

function change(edit: (memories: Memories) => void): void {
  try {
    const memories = readMemories();
    edit(memories);
    const oldest = Date.now() - maxAgeMs;
    for (const [id, memory] of Object.entries(memories)) if (memory.seenAt < oldest) delete memories[id];
    localStorage.setItem(key, JSON.stringify(memories));
  } catch {
    // Without storage an upload is still continued by name and size.
  }
}

export function remember(uploadId: string, lastModified: number): void {
  const memory: Memory = { lastModified, tab: tabId, seenAt: Date.now() };
  change((memories) => {
    memories[uploadId] = memory;
  });
}

export function forget(uploadId: string): void {
  change((memories) => {
    delete memories[uploadId];
  });
}

/** Says that this tab is still sending these. */
export function touch(uploadIds: string[]): void {
  if (uploadIds.length === 0) return;
  change((memories) => {
    for (const id of uploadIds) {
      const memory = memories[id];
      if (memory) memories[id] = { ...memory, tab: tabId, seenAt: Date.now() };
    }
  });
}

/** Says that this tab no longer sends anything, so that the next one need not wait. */
export function release(): void {
  change((memories) => {
    for (const [id, memory] of Object.entries(memories)) {
      if (memory.tab === tabId) memories[id] = { ...memory, tab: '' };
    }
  });
}
