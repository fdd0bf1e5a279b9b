/**
 * Names of clients that register themselves: the operator has not checked them, and people see them at sign-in and consent (RFC 7591 §5). No such name
 * may be that of the service, also in letters that look alike (Unicode Technical Standard 39).
 */

/** Characters. */
const MAX_LENGTH = 100;

/** Shorter names of services are words of other names. */
const MIN_BRAND_LENGTH = 4;

/** Letters and digits that look like a Latin letter, after NFKD, in lower case. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'аαɑ',
    b: 'ьβ',
    c: 'сϲ',
    d: 'ԁ',
    e: 'еεҽє',
    f: 'ϝ',
    g: 'ɡցğ9',
    h: 'һհ',
    i: 'іιıl1|јjӏǀ',
    k: 'кκ',
    m: 'м',
    n: 'ոηпн',
    o: 'оο0օσ',
    p: 'рρ',
    q: 'ԛգ',
    r: 'гř',
    s: 'ѕ5$ʂ',
    t: 'тτ7',
    u: 'υսυц',
    v: 'ѵν',
    w: 'ԝωѡ',
    x: 'хχ',
    y: 'уγү',
    z: 'ʐ2',
  }).flatMap(([letter, others]) => Array.from(others, (other) => [other, letter] as const)),
);

/** @returns the problem, as a predicate without a subject; undefined for a name that a client may have */
export function clientNameProblem(name: string, brand: string): string | undefined {
  if (name.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!/[\p{L}\p{N}]/u.test(name)) return 'has no letter';
  return resembles(name, brand) ? `is, or resembles, the name of this service` : undefined;
}

/** Whether a name is the other one to a person who reads it quickly, alone or as words of a longer name. */
function resembles(name: string, brand: string): boolean {
  const wanted = skeletonOf(brand).join('');
  const words = skeletonOf(name);
  if (words.join('') === wanted) return true;
  if (wanted.length < MIN_BRAND_LENGTH) return false;
  return words.some((_, from) =>
    words.some((_word, to) => to >= from && words.slice(from, to + 1).join('') === wanted),
  );
}

/** The words of a text, each with its letters as the Latin letters that they look like. */
function skeletonOf(text: string): string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .split(/[^\p{L}\p{N}|$]+/u)
    .map((word) => Array.from(word, (letter) => LOOKALIKES.get(letter) ?? letter).join(''))
    .filter((word) => word !== '');
}

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];

/** Whether a word of a name mixes alphabets whose letters look alike. Pages then show the host instead of the name. */
export function mixesScripts(name: string): boolean {
  return name.split(/\s+/).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1);
}
