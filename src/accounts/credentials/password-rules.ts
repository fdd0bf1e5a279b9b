import type { PasswordProblem } from './password-problem.ts';
import { isGuessable } from './password-strength.ts';

/**
 * Rules for new passwords besides length: not common, not derived from the username or the service's names, and not a pattern. There are no
 * composition rules (NIST SP 800-63B-4 §3.1.1.2). Existing passwords are not checked.
 */

/** Letters that must remain after the names are removed from a password. */
const MIN_REMAINING_LETTERS = 4;

/** The remainder must not be among this many of the most common passwords either, such as `password` next to the service's name. */
const MOST_COMMON = 1000;

/** Shorter names, and shorter parts of names, occur in too many good passwords. */
const MIN_NAME_LENGTH = 3;

/**
 * @param password in NFC, of at least the minimum length
 * @param names the username and the names of the service
 * @returns the first rule that the password violates
 */
export async function guessabilityProblems(
  password: string,
  names: readonly string[],
): Promise<PasswordProblem[]> {
  const isCommon = await loadCommonPasswords();
  if (isOrResembles(password, isCommon)) return [{ key: 'password.common' }];
  const rest = withoutNames(fold(password), names);
  if (rest !== undefined && (rest.length < MIN_REMAINING_LETTERS || isCommon(rest, MOST_COMMON)))
    return [{ key: 'password.name' }];
  return (await isGuessable(password, names)) ? [{ key: 'password.guessable' }] : [];
}

/** Recognizes the usual ways to lengthen a common password: repeating it, and adding digits or punctuation around or inside it. */
function isOrResembles(password: string, isCommon: IsCommon): boolean {
  const lower = password.toLowerCase();
  const letters = lower.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const unit = repeatedUnit(lower);
  return (
    [lower, fold(password), unit].some((text) => isCommon(text)) ||
    // Only while the common password is at least half of the whole.
    (letters.length * 2 >= lower.length && isCommon(letters)) ||
    (unit.length < MIN_REMAINING_LETTERS && unit !== lower)
  );
}

/** The shortest text whose repetition is `text`; `text` itself if it is not periodic. */
function repeatedUnit(text: string): string {
  // A periodic text occurs in its own doubling at the offset of its period.
  return text.slice(0, `${text}${text}`.indexOf(text, 1));
}

/** @returns the remaining letters; undefined if the password contains no name */
function withoutNames(folded: string, names: readonly string[]): string | undefined {
  const words = names
    .flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)])
    .map(fold)
    .filter((word) => word.length >= MIN_NAME_LENGTH)
    .toSorted((one, other) => other.length - one.length);
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), folded);
  return rest === folded ? undefined : rest.replaceAll(/\P{L}/gu, '');
}

/** Keeps letters and digits only, in lower case. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a text is among the `most` common passwords; by default, the whole list. */
type IsCommon = (text: string, most?: number) => boolean;

/** Password → rank, from 0. */
let common: ReadonlyMap<string, number> | undefined;

/** Loaded when the first password is judged: loading takes 60 ms and 13 MB. */
async function loadCommonPasswords(): Promise<IsCommon> {
  if (common === undefined) {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    common = new Map(dictionary['passwords-common'].map((password, rank) => [password, rank]));
  }
  const ranks = common;
  return (text, most = Infinity) => (ranks.get(text) ?? Infinity) < most;
}
