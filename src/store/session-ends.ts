import type { AccountRecord } from './port/accounts.ts';

/**
 * The sessions that a change of an account ends: all, or those with these handles.
 * @param after undefined for an account that is removed
 */
export function sessionsEndedBy(
  before: AccountRecord,
  after: AccountRecord | undefined,
): 'all' | readonly string[] {
  if (after === undefined || after.generation !== before.generation) return 'all';
  if (after.revocations?.sessions === before.revocations?.sessions) return [];
  const known = before.revocations?.sessions ?? {};
  return Object.keys(after.revocations?.sessions ?? {}).filter((handle) => known[handle] === undefined);
}
