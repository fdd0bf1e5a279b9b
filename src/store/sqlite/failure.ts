import { ConflictError, GrantRevokedError, StoreUnavailableError } from '../errors.ts';
import { resultCode } from './driver.ts';

/** Classifies the errors of a running store, and translates them into those of the port. */

/** Upper limit of the wait for a lock or the disk: the port promises an answer within a second. */
export const OPERATION_TIMEOUT_MS = 900;

/** Another process holds the lock; a retry may succeed. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 'BUSY';
}

/** A negative answer of the contract, not a failure: the transaction itself can be committed. */
export function isContractError(error: unknown): boolean {
  return error instanceof GrantRevokedError || error instanceof ConflictError;
}

/** Whether the operation itself caused the error, so that the others of its transaction can succeed without it. */
export function isOperationError(error: unknown): boolean {
  const code = resultCode(error);
  return code === undefined || OPERATION_ERRORS.has(code);
}

const OPERATION_ERRORS: ReadonlySet<string> = new Set(['CONSTRAINT', 'ERROR', 'MISMATCH', 'RANGE', 'TOOBIG']);

/** Turns an error of SQLite into a StoreUnavailableError; returns any other error unchanged. */
export function toStoreError(error: unknown): unknown {
  const code = resultCode(error);
  if (code === undefined) return error;
  return new StoreUnavailableError(`the SQLite store cannot answer (SQLITE_${code})`, { cause: error });
}
