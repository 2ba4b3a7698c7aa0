import { formatCount } from '@/shared/format/format';
import type { Summary } from '../model/item';

/** All the uploads in a few words. */
export function headline(summary: Summary): string {
  if (summary.active > 0 || summary.unfinished > summary.paused)
    return `Uploading ${formatCount(summary.unfinished, 'file')}`;
  if (summary.paused > 0) return `${formatCount(summary.paused, 'upload')} paused`;
  if (summary.conflicts > 0) return `${formatCount(summary.conflicts, 'name')} already taken`;
  if (summary.failed > 0) return `${formatCount(summary.failed, 'upload')} failed`;
  if (summary.interrupted > 0) return `${formatCount(summary.interrupted, 'upload')} interrupted`;
  return `${formatCount(summary.done, 'file')} uploaded`;
}

/** Something waits for a person. */
export function asksForHelp(summary: Summary): boolean {
  return summary.conflicts > 0 || summary.failed > 0;
}
