/**
 * Names of clients that register themselves: the operator has not checked them, and people see them at sign-in and consent (RFC 7591 §5). No such name
 * may be that of the service, also in letters that look alike (Unicode Technical Standard 39).
 */

/** Characters. */
const MAX_LENGTH = 100;

/** Shorter names of services are words of other names. */
const MIN_BRAND_LENGTH = 4;

/** More marks on one letter than any language has; they would cover the lines around it. */
const MARKS = /\p{M}{5}/u;

/** Characters without a glyph, some of which are letters (U+3164). */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Letters and digits that look like a Latin letter, after NFKD, in lower case; Cherokee ones and small capitals beside those of living alphabets. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'аαɑꭺᴀ',
    b: 'ьβᏼʙ',
    c: 'сϲꮯᴄ',
    d: 'ԁꭰꮷᴅ',
    e: 'еεҽєꭼᴇ',
    f: 'ϝꜰ',
    g: 'ɡցğ9ꮐɢ',
    h: 'һհꮋʜ',
    i: 'іιıl1|јjӏǀꭵꭻꮮɪᴊʟ',
    k: 'кκꮶᴋ',
    m: 'мꮇᴍ',
    n: 'ոηпнɴ',
    o: 'оο0օσᴏ',
    p: 'рρꮲᴘ',
    q: 'ԛգ',
    r: 'гřꭱꮢʀ',
    s: 'ѕ5$ʂꮪꮥꜱ',
    t: 'тτ7ꭲᴛ',
    u: 'υսυцᴜ',
    v: 'ѵνꮩᴠ',
    w: 'ԝωѡꮃꮤᴡ',
    x: 'хχ',
    y: 'уγүʏ',
    z: 'ʐ2ꮓᴢ',
  }).flatMap(([letter, others]) => Array.from(others, (other) => [other, letter] as const)),
);

/** @returns the problem, as a predicate without a subject; undefined for a name that a client may have */
export function clientNameProblem(name: string, brand: string): string | undefined {
  if (name.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!/[\p{L}\p{N}]/u.test(name.replaceAll(INVISIBLE, ''))) return 'has no letter';
  if (MARKS.test(name)) return 'has more than four marks on a letter';
  return resembles(name, brand) ? `is, or resembles, the name of this service` : undefined;
}

/** Whether a name is the other one to a person who reads it quickly, alone or as words of a longer name. */
function resembles(name: string, brand: string): boolean {
  const wanted = skeletonOf(brand).join('');
  const words = skeletonOf(name);
  if (words.join('') === wanted) return true;
  if (wanted.length < MIN_BRAND_LENGTH) return false;
  return words.some((_, from) => {
    let joined = '';
    for (let next = from; next < words.length && joined.length < wanted.length; next += 1)
      joined += words[next];
    return joined === wanted;
  });
}

/** The words of a text, each with its letters as the Latin letters that they look like. */
function skeletonOf(text: string): string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(INVISIBLE, '')
    .split(/[^\p{L}\p{N}|$]+/u)
    .map((word) => Array.from(word, (letter) => LOOKALIKES.get(letter) ?? letter).join(''))
    .filter((word) => word !== '');
}

const SCRIPTS = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Cherokee',
  'Coptic',
  'Lisu',
  'Osage',
  'Deseret',
].map((script) => new RegExp(`\\p{Script=${script}}`, 'u'));

/** Whether a word of a name mixes alphabets whose letters look alike. Pages then show the host instead of the name. */
export function mixesScripts(name: string): boolean {
  return name.split(/\s+/).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1);
}
