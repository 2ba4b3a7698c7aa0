/** What was done, as the history and the audit tell it. */
import { stepName } from './status';

const names: Record<string, string> = {
  assemble: 'Upload put together',
  'content-arrived': 'Upload finished',
  settle: 'Ready',
  fail: 'Processing failed',
  stream: 'Play',
  'create-api-key': 'Create API key',
  'update-api-key': 'Change API key',
  'delete-api-key': 'Delete API key',
  trash: 'Move to bin',
  undelete: 'Restore from bin',
  revert: 'Bring back a version',
  'revoke-grant': 'Take back grant',
};

export function operationName(operation: string): string {
  return names[operation.toLowerCase()] ?? stepName(operation);
}
