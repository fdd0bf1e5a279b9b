import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMATS } from '../../src/messages/formats.ts';
import { catalogueTexts, keysOf, LANGUAGES, PLURAL, usesOfKeys } from '../support/message-keys.ts';

const ROOT = join(import.meta.dirname, '../..');

const english = catalogueTexts('en');
const namespaces = new Set([...english.keys()].map((key) => key.split('.')[0] ?? ''));
const baseOf = (key: string): string => key.replace(PLURAL, '');
const keys = new Set([...english.keys()].map(baseOf));

/** Whether a key names a text, or a group of texts. */
const exists = (key: string): boolean =>
  keys.has(key) || [...keys].some((each) => each.startsWith(`${key}.`));

/** Names of the values in a text. */
const valuesIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name = '']) => name))].sort();

/** Tags with their attributes, in any order: languages differ in that of words. */
const markupIn = (text: string): string[] => (text.match(/<[^>]*>/g) ?? []).sort();

describe('the catalogues of texts', () => {
  const uses = usesOfKeys(namespaces);

  it('have each name once', () => {
    for (const path of globSync('locales/*/*.json', { cwd: ROOT })) {
      const text = readFileSync(join(ROOT, path), 'utf8');
      assert.equal(text, `${JSON.stringify(JSON.parse(text), null, 2)}\n`, path);
    }
  });

  for (const language of LANGUAGES) {
    const texts = catalogueTexts(language);
    const entries = [...texts];

    it(`${language} has each key of en and no other`, () => {
      assert.deepEqual(new Set([...texts.keys()].map(baseOf)), keys);
    });

    it(`${language} has every plural form of its language`, () => {
      const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
      const plurals = new Set([...texts.keys()].filter((key) => PLURAL.test(key)).map(baseOf));
      const missing = [...plurals].flatMap((key) =>
        pluralCategories.map((category) => `${key}_${category}`).filter((each) => !texts.has(each)),
      );
      assert.deepEqual(missing, []);
    });

    it(`${language} has the values and the markup of en in each text`, () => {
      for (const [key, text] of entries) {
        const model = english.get(key) ?? english.get(`${baseOf(key)}_other`) ?? '';
        // `one` may say it in a word.
        const optional = key.endsWith('_one') ? ['count'] : [];
        const wanted = (of: string): string[] => valuesIn(of).filter((name) => !optional.includes(name));
        assert.deepEqual([wanted(text), markupIn(text)], [wanted(model), markupIn(model)], key);
      }
    });

    it(`${language} has texts without empty ones, spaces at an end, and unknown formats`, () => {
      const formats = new Set(Object.keys(FORMATS));
      const wrong = entries.filter(([key, text]) => {
        const named = [...text.matchAll(/\{\{[^},]*,\s*(\w+)/g)].map(([, name = '']) => name);
        const spaces = key === 'common.newTab' ? text.slice(1) : text;
        return spaces.trim() !== spaces || spaces === '' || named.some((name) => !formats.has(name));
      });
      assert.deepEqual(wrong, []);
    });
  }

  it('de is translated, and says Sie', () => {
    const german = [...catalogueTexts('de')];
    const forgotten = german.filter(([key, text]) => / \w+ /.test(text) && text === english.get(key));
    assert.deepEqual(forgotten, []);
    const familiar = german.filter(([, text]) => /\b(?:du|dich|dir|dein\w*|euch|euer)\b/i.test(text));
    assert.deepEqual(familiar, []);
    // Typographic quotes; the straight ones are those of attributes.
    const quotes = german.filter(([, text]) => /["']/.test(text.replace(/<[^>]*>/g, '')));
    assert.deepEqual(quotes, []);
  });

  it('have each key that templates and code use', () => {
    const missing = uses.filter((use) => use.certain && keysOf(use)?.every(exists) !== true);
    assert.deepEqual(missing, [], 'a key that is made of parts is declared in test/support/message-keys.ts');
  });

  it('have no key that is unused', () => {
    const used = uses.flatMap((use) => keysOf(use) ?? []);
    const unused = [...keys].filter(
      (key) => !used.some((each) => key === each || key.startsWith(`${each}.`)),
    );
    assert.deepEqual(unused, []);
  });

  it('have each mail that is sent, and no other', () => {
    const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((path) =>
      readFileSync(join(ROOT, path), 'utf8'),
    );
    const calls = /\.(?:notice\((?:[^,()]|\([^()]*\))+,|send\()\s*'([\w-]+)'/g;
    const sent = sources.flatMap((text) => [...text.matchAll(calls)].map(([, name = '']) => name));
    const mails = [...keys].flatMap((key) => /^mail\.([^.]+)\.subject$/.exec(key)?.[1] ?? []);
    assert.deepEqual(
      sent.filter((name) => !mails.includes(name)),
      [],
    );
    const unsent = mails.filter((name) => !sources.some((text) => text.includes(`'${name}'`)));
    assert.deepEqual(unsent, []);
  });

  it('have a title and a message for each error, and a group for nothing else', () => {
    const groups = uses
      .filter(({ certain }) => certain)
      .flatMap((use) => keysOf(use) ?? [])
      .filter((key) => !keys.has(key));
    const incomplete = groups.filter((key) => !keys.has(`${key}.title`) || !keys.has(`${key}.message`));
    assert.deepEqual(incomplete, []);
  });
});
