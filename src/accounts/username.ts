import { AccountError } from './errors.ts';

const MAXIMUM_LENGTH = 128;

/** Control, format, private-use and unassigned characters, lone surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * The one spelling under which a username is stored and looked up: compatibility characters folded (NFKC), white space around it
 * removed, lower case.
 * @throws AccountError saying what is wrong
 */
export function normalizeUsername(text: string): string {
  // Lower-casing can leave a string that NFKC would change once more.
  const username = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  if (username === '') throw new AccountError(['the username is empty']);
  if (INVISIBLE.test(username))
    throw new AccountError(['the username contains a control or invisible character']);
  if (Array.from(username).length > MAXIMUM_LENGTH) {
    throw new AccountError([`the username is longer than ${MAXIMUM_LENGTH} characters`]);
  }
  return username;
}
