import { ConflictError, GrantRevokedError, StoreUnavailableError } from '../errors.ts';
import { resultCode } from './driver.ts';

/** What the errors of a running store mean. */

/** No operation waits longer for a lock (milliseconds): the port promises an answer within a second. */
export const PATIENCE = 900;

/** Another process holds the lock; the same work may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 'BUSY';
}

/** The contract's own refusals: the operation was carried out, its answer is no. */
export function isRefusal(error: unknown): boolean {
  return error instanceof GrantRevokedError || error instanceof ConflictError;
}

/** True when the operation itself is to blame, so that others of its transaction may succeed without it. */
export function isOwnFault(error: unknown): boolean {
  const code = resultCode(error);
  return code === undefined || OWN_FAULTS.has(code);
}

const OWN_FAULTS: ReadonlySet<string> = new Set(['CONSTRAINT', 'ERROR', 'MISMATCH', 'RANGE', 'TOOBIG']);

/** An error of SQLite as the port names it; any other error as it is. */
export function toStoreError(error: unknown): unknown {
  const code = resultCode(error);
  if (code === undefined) return error;
  return new StoreUnavailableError(`the SQLite store cannot answer (SQLITE_${code})`, { cause: error });
}
