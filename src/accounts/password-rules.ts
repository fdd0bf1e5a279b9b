/**
 * Which passwords may be set: long enough, not common, and not made of names that an attacker tries first. There are no other rules (NIST SP
 * 800-63B-4 §3.1.1.2). Passwords that are set already are not looked at.
 */

/** Letters that must be left of a password when the names in it are taken out. */
const MINIMUM_REST = 4;

/** What is left must not be one of so many most common passwords either: `password` beside the name of the service. */
const COMMONEST = 1000;

/** Shorter names and parts of names are in too many good passwords. */
const MINIMUM_NAME = 3;

export interface Site {
  issuer: string;
  brand: { name: string };
}

/** The names of the service: of the product, of the brand, and the host of the issuer. */
export function serviceNames({ issuer, brand }: Site): string[] {
  return ['Signet', brand.name, new URL(issuer).hostname];
}

/**
 * @param password of at least the minimum length
 * @param names the username and those of the service
 * @returns a sentence for each rule that it breaks
 */
export async function commonOrNamed(password: string, names: readonly string[]): Promise<string[]> {
  const isCommon = await loadCommonPasswords();
  if (isOrResembles(password, isCommon)) {
    return ['the password is one of the most common ones, or close to one'];
  }
  const rest = withoutNames(fold(password), names);
  return rest !== undefined && (rest.length < MINIMUM_REST || isCommon(rest, COMMONEST))
    ? ['the password is little more than the username or the name of the service']
    : [];
}

/** What people do to a common password so that it is long enough: write it twice, and put digits or signs around it or into it. */
function isOrResembles(password: string, isCommon: IsCommon): boolean {
  const lower = password.toLowerCase();
  const letters = lower.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const unit = repeatedUnit(lower);
  return (
    [lower, fold(password), unit].some((text) => isCommon(text)) ||
    // Where more was put around it than it has itself, it is the lesser part of the password.
    (letters.length * 2 >= lower.length && isCommon(letters)) ||
    (unit.length < MINIMUM_REST && unit !== lower)
  );
}

/** The shortest text that gives this one when it is repeated: the text itself where there is no shorter one. */
function repeatedUnit(text: string): string {
  // A text that is repeated is found in itself, doubled, before its second half.
  return text.slice(0, `${text}${text}`.indexOf(text, 1));
}

/** @returns the letters that are left; undefined when there is no name in it */
function withoutNames(folded: string, names: readonly string[]): string | undefined {
  const words = names
    .flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)])
    .map(fold)
    .filter((word) => word.length >= MINIMUM_NAME)
    .toSorted((one, other) => other.length - one.length);
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), folded);
  return rest === folded ? undefined : rest.replaceAll(/\P{L}/gu, '');
}

/** Letters and digits alone, without case. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a text is one of the most common passwords, all that are known or so many. */
type IsCommon = (text: string, most?: number) => boolean;

/** Their ranks. */
let common: ReadonlyMap<string, number> | undefined;

/** Loaded when the first password is set: it takes 60 ms and 13 MB, which most processes never need. */
async function loadCommonPasswords(): Promise<IsCommon> {
  if (common === undefined) {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    common = new Map(dictionary['passwords-common'].map((password, rank) => [password, rank]));
  }
  const ranks = common;
  return (text, most = Infinity) => (ranks.get(text) ?? Infinity) < most;
}
