import { AccountError } from './errors.ts';

const MAX_LENGTH = 128;

/**
 * UTF-16 code units of a spelling: NFKC composes up to four into one. A longer text is rejected before it is normalized, which takes 40 ms
 * for the combining marks that fit a form.
 */
const MAX_WRITTEN_LENGTH = 4 * MAX_LENGTH;

/** Control, format, private-use and unassigned characters, lone surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Returns the form in which usernames are stored and looked up: NFKC, trimmed, lower case.
 * @throws AccountError for an empty or too long username, or one with invisible characters
 */
export function normalizeUsername(text: string): string {
  if (text.length > MAX_WRITTEN_LENGTH) throw tooLong();
  // Lower-casing can undo NFKC, so it is applied again.
  const username = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  if (username === '') throw new AccountError(['the username is empty']);
  if (INVISIBLE.test(username))
    throw new AccountError(['the username contains a control or invisible character']);
  if (Array.from(username).length > MAX_LENGTH) throw tooLong();
  return username;
}

/** The same; undefined for a text that no username can be. */
export function asUsername(text: string): string | undefined {
  try {
    return normalizeUsername(text);
  } catch (error) {
    if (error instanceof AccountError) return undefined;
    throw error;
  }
}

function tooLong(): AccountError {
  return new AccountError([`the username is longer than ${MAX_LENGTH} characters`]);
}
