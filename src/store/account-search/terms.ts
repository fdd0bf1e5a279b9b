import type { AccountFilter, AccountRecord } from '../store.ts';

/**
 * What a search for accounts compares: the text of a search in the same form as the terms of an account. An account is found when one of
 * its terms, or its username, begins with the text.
 *
 * The folder owns the meaning of a search and the choice of the way to carry it out (`find-accounts.ts`), for every store. It owns no
 * index: each store keeps its own, in the transaction or script that changes the account.
 */

/** Of a term and of the text of a search, in characters; the rest is not compared. Bounds the index. */
const MAX_LENGTH = 64;
/** Characters of a text that are looked at. The time of normalization grows with the square of the number of combining marks. */
const MAX_READ = 1024;
/** Words of one name that a search finds; the others are found as the continuation of an earlier one only. */
const MAX_WORDS = 10;

const ASCII = /^[\u0020-\u007E]*$/;
/** Control, format, private-use and unassigned characters, lone surrogates. Terms therefore contain no line break and no NUL. */
const INVISIBLE = /\p{C}/gu;
/** A letter or digit that follows neither: `Smith-Jones` has two words. */
const WORD_START = /(?<![\p{L}\p{N}\p{M}])[\p{L}\p{N}]/gu;

/**
 * The form in which texts are compared: that of usernames (NFKC, lower case), with one space for commas and white space, without
 * invisible characters, and with one form of sigma, whose lower case depends on what follows.
 * @returns '' for a text that has no visible character
 */
function searchText(text: string): string {
  return truncate(fold(text));
}

function fold(whole: string): string {
  const text = whole.slice(0, MAX_READ);
  const lower = ASCII.test(text)
    ? text.toLowerCase()
    : // Lower-casing can undo NFKC, so it is applied again.
      text
        .replaceAll(/\s/g, ' ')
        .replaceAll(INVISIBLE, '')
        .normalize('NFKC')
        .toLowerCase()
        .normalize('NFKC')
        .replaceAll('ς', 'σ');
  return lower.replaceAll(/[\s,]+/g, ' ').trim();
}

function truncate(text: string): string {
  return text.length <= MAX_LENGTH ? text : Array.from(text).slice(0, MAX_LENGTH).join('').trimEnd();
}

/**
 * The terms of an account: its email address; its name from each of its words on; family name and given name in both orders. What begins
 * a longer term or the username is left out, because whatever finds it finds those.
 * @returns sorted by UTF-16 code units, without duplicates
 */
export function termsOf({ username, claims }: Pick<AccountRecord, 'username' | 'claims'>): string[] {
  const { email, name, given_name: given, family_name: family } = claims;
  const terms = new Set<string>();
  const folded = fold(username);
  if (folded !== username) terms.add(truncate(folded));
  if (typeof email === 'string') terms.add(searchText(email));
  for (const text of [name, given, family]) {
    if (typeof text === 'string') for (const term of fromEachWord(fold(text))) terms.add(term);
  }
  if (typeof given === 'string' && typeof family === 'string') {
    terms.add(searchText(`${given} ${family}`));
    terms.add(searchText(`${family} ${given}`));
  }
  const sorted = [...terms].toSorted();
  return sorted.filter(
    (term, index) => !username.startsWith(term) && sorted[index + 1]?.startsWith(term) !== true,
  );
}

function fromEachWord(text: string): string[] {
  const starts = Array.from(text.matchAll(WORD_START), ({ index }) => index).slice(0, MAX_WORDS);
  return [0, ...starts].map((start) => truncate(text.slice(start)));
}

/** The groups of an account, each once: the texts in its claim `groups`. */
export function groupsOf({ claims: { groups } }: Pick<AccountRecord, 'claims'>): string[] {
  if (!Array.isArray(groups)) return [];
  return [...new Set(groups.filter((group) => typeof group === 'string'))];
}

/** A filter whose `search` is a text to compare (`searchText`). */
export interface PreparedFilter {
  text?: string;
  group?: string;
  disabled?: boolean;
}

/** @returns undefined when every account matches */
export function prepareFilter({ search = '', group, disabled }: AccountFilter): PreparedFilter | undefined {
  const text = searchText(search);
  if (text === '' && group === undefined && disabled === undefined) return undefined;
  return {
    ...(text !== '' && { text }),
    ...(group !== undefined && { group }),
    ...(disabled !== undefined && { disabled }),
  };
}

/** Whether the account itself matches; an index may be wrong where another version of Signet has written. */
export function matchesFilter(account: AccountRecord, { text, group, disabled }: PreparedFilter): boolean {
  if (disabled !== undefined && account.disabled !== disabled) return false;
  if (group !== undefined && !groupsOf(account).includes(group)) return false;
  if (text === undefined || account.username.startsWith(text)) return true;
  return termsOf(account).some((term) => term.startsWith(text));
}

/** Greater than any character of a term: bounds the range of the texts that begin with another. */
export const AFTER_ANY = '\u{10FFFF}';
