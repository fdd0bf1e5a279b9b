import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { catalogueTexts, PLURAL } from './message-keys.ts';

/**
 * Invented languages, made from the English texts: both are 40 % longer; `en-XA` has accents, `he-XB` is written from right to left. A text that
 * is in neither was not in a catalogue.
 */

export const LONG = 'en-XA';
export const RIGHT_TO_LEFT = 'he-XB';

const ACCENTS: Readonly<Record<string, string>> = {
  a: 'ȧ',
  e: 'ḗ',
  i: 'ī',
  o: 'ǿ',
  u: 'ŭ',
  c: 'ƈ',
  n: 'ƞ',
  s: 'ş',
  y: 'ẏ',
};
const HEBREW = 'אבגדהוזחטיכלמנסעפצקרשתםןףך';

/** Values and markup stay. */
function outsideOfMarkup(text: string, change: (words: string) => string): string {
  return text.replace(
    /(<[^>]*>|\{\{[^}]*\}\}|&\w+;)|([^<{&]+)/g,
    (_, kept: string, words = '') => kept ?? change(String(words)),
  );
}

const lengthen = (words: string): string =>
  words.replace(/\p{L}+/gu, (word) => word + word.slice(0, Math.ceil(word.length * 0.4)));

const accent = (words: string): string =>
  lengthen(words).replace(/[aeioucnsy]/g, (letter) => ACCENTS[letter] ?? letter);

const reverse = (words: string): string =>
  lengthen(words).replace(/[a-z]/gi, (letter) => HEBREW[letter.toLowerCase().charCodeAt(0) - 97] ?? letter);

/** @returns the directory for `createMessages`, and how it is removed */
export function writePseudoLocales(): { locales: URL; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'signet-pseudo-'));
  const english = [...catalogueTexts('en')];
  const write = (language: string, change: (words: string) => string): void => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const texts = english.flatMap(([key, text]) => {
      const changed = outsideOfMarkup(text, change);
      if (!key.endsWith('_other')) return [[key, changed] as const];
      return pluralCategories.map((category) => [key.replace(PLURAL, `_${category}`), changed] as const);
    });
    mkdirSync(join(directory, language));
    for (const [namespace, ofNamespace] of Map.groupBy(texts, ([key]) => key.split('.')[0] ?? ''))
      writeFileSync(
        join(directory, language, `${namespace}.json`),
        JSON.stringify(nested(namespace, ofNamespace)),
      );
  };
  write('en', (words) => words);
  write(LONG, accent);
  write(RIGHT_TO_LEFT, reverse);
  return { locales: pathToFileURL(`${directory}/`), remove: () => rmSync(directory, { recursive: true }) };
}

interface Nested {
  [name: string]: string | Nested;
}

function nested(namespace: string, texts: readonly (readonly [string, string])[]): Nested {
  const catalogue: Nested = {};
  for (const [key, text] of texts) {
    const names = key.slice(namespace.length + 1).split('.');
    const last = names.pop() ?? '';
    let group = catalogue;
    for (const name of names) group = (group[name] ??= {}) as Nested;
    group[last] = text;
  }
  return catalogue;
}
