import { AccountError } from './errors.ts';

const MAX_LENGTH = 128;

/** Control, format, private-use and unassigned characters, lone surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Returns the form in which usernames are stored and looked up: NFKC, trimmed, lower case.
 * @throws AccountError for an empty or too long username, or one with invisible characters
 */
export function normalizeUsername(text: string): string {
  // Lower-casing can undo NFKC, so it is applied again.
  const username = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  if (username === '') throw new AccountError(['the username is empty']);
  if (INVISIBLE.test(username))
    throw new AccountError(['the username contains a control or invisible character']);
  if (Array.from(username).length > MAX_LENGTH) {
    throw new AccountError([`the username is longer than ${MAX_LENGTH} characters`]);
  }
  return username;
}
