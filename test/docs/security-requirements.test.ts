import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Cell, tableRows } from '../support/markdown.ts';
import { literalsOf } from '../support/source-tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/security-requirements.md'), 'utf8');

/** How many requirements each section of ASVS 5.0 has. */
const ASVS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'V6 Authentication': { 6.1: 3, 6.2: 12, 6.3: 8, 6.4: 6, 6.5: 8, 6.6: 4, 6.7: 2, 6.8: 4 },
  'V7 Sessions': { 7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2 },
  'V9 Self-contained tokens': { 9.1: 3, 9.2: 4 },
  'V10 OAuth and OpenID Connect': { '10.1': 2, 10.2: 3, 10.3: 5, 10.4: 16, 10.5: 5, 10.6: 2, 10.7: 3 },
};

/** How many rows of the page each section of NIST SP 800-63B-4 has; a section without requirements for verifiers and providers has none. */
const NIST: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'Assurance levels (§2)': {
    '2.1.1': 2,
    '2.1.2': 2,
    '2.1.3': 1,
    '2.2.1': 1,
    '2.2.2': 3,
    '2.2.3': 1,
    '2.3': 1,
    '2.4.2': 1,
  },
  'Kinds of authenticators (§3.1)': {
    '3.1.1.1': 1,
    '3.1.1.2': 21,
    '3.1.2.1': 1,
    '3.1.2.2': 4,
    '3.1.3.1': 2,
    '3.1.3.2': 1,
    '3.1.3.3': 1,
    '3.1.4.1': 1,
    '3.1.4.2': 5,
    '3.1.5': 1,
    '3.1.6.1': 1,
    '3.1.6.2': 3,
    '3.1.7.1': 1,
    '3.1.7.2': 1,
    '3.1.7.3': 1,
  },
  'All authenticators (§3.2)': {
    '3.2.1': 2,
    '3.2.2': 3,
    '3.2.3': 2,
    '3.2.4': 1,
    '3.2.5.1': 1,
    '3.2.5.2': 1,
    '3.2.6': 1,
    '3.2.7': 1,
    '3.2.8': 1,
    '3.2.9': 1,
    '3.2.10': 1,
    '3.2.11': 1,
    '3.2.12': 1,
    '3.2.13': 1,
  },
  'Events of authenticators (§4)': {
    '4.1': 2,
    '4.1.2.1': 3,
    '4.1.2.2': 1,
    '4.1.3': 1,
    '4.1.4': 1,
    '4.2.1': 1,
    '4.2.1.1': 2,
    '4.2.1.2': 3,
    '4.2.1.3': 1,
    '4.2.1.4': 1,
    '4.2.2.1': 1,
    '4.2.2.2': 1,
    '4.2.2.3': 1,
    '4.2.3': 1,
    '4.3': 2,
    '4.4': 1,
    '4.5': 1,
    '4.6': 4,
  },
  'Session management (§5)': { '5.1': 10, '5.1.1': 1, '5.1.2': 1, '5.2': 3, '5.3': 1 },
  'Syncable authenticators (Appendix B)': { 'B.2': 2, 'B.3': 5, 'B.4': 1 },
};

/** Sections of RFC 9700 with requirements. */
const RFC_9700 = ['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6'].concat(
  Array.from({ length: 17 }, (_, index) => `4.${index + 1}`),
);

const STATES = /^(?:met|partly|not offered|not met|yours)(?:[:;,]|$)/;

const tables = [...Object.keys(ASVS), ...Object.keys(NIST), 'RFC 9700'];
const rows = tables.flatMap((heading) => tableRows(page, heading));

const textOf = (cell: Cell | undefined): string => cell?.text ?? '';

/** `[file](../test/…) `words`, `words`` → the file and the words that it must have. */
function claims(cell: Cell | undefined): { path: string; words: string[] }[] {
  const found: { path: string; words: string[] }[] = [];
  for (const token of cell?.tokens ?? []) {
    if (token.type === 'link') {
      const [file = ''] = String(token.href).split('#');
      found.push({ path: posix.join('docs', file), words: [] });
    }
    if (token.type === 'codespan') found.at(-1)?.words.push(String(token.text));
  }
  return found;
}

describe('docs/security-requirements.md', () => {
  for (const [heading, sections] of Object.entries(ASVS)) {
    it(`has each requirement of ASVS ${heading} once`, () => {
      const expected = Object.entries(sections).flatMap(([section, count]) =>
        Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
      );
      const listed = tableRows(page, heading).map(([number]) => textOf(number));
      assert.deepEqual(listed, expected);
    });
  }

  for (const [heading, sections] of Object.entries(NIST)) {
    it(`has the requirements of NIST SP 800-63B-4, ${heading}, in their order`, () => {
      const expected = Object.entries(sections).flatMap(([section, count]) =>
        Array.from({ length: count }, () => section),
      );
      assert.deepEqual(
        tableRows(page, heading).map(([section]) => textOf(section)),
        expected,
      );
    });
  }

  it('says what is missing where a requirement is met in part or not at all, and to whom it is left', () => {
    const bare = rows.filter(([, , state]) => /^(?:partly|not met)$/.test(textOf(state)));
    assert.deepEqual(
      bare.map(([number]) => textOf(number)),
      [],
    );
  });

  it('has each section of RFC 9700 with a requirement', () => {
    assert.deepEqual(
      tableRows(page, 'RFC 9700').map(([number]) => textOf(number)),
      RFC_9700,
    );
  });

  it('gives each one of five states', () => {
    assert.deepEqual(
      rows.filter(([, , state]) => !STATES.test(textOf(state))).map(([number]) => textOf(number)),
      [],
    );
  });

  it('names a test for each requirement that is met, unless there is nothing to test', () => {
    const without = rows.filter(
      ([, , state, , tests]) => textOf(state).startsWith('met') && textOf(tests) === '',
    );
    assert.deepEqual(
      without
        .filter(([, , state]) => !/there (?:is|are) none|sends none/.test(textOf(state)))
        .map(([number]) => textOf(number)),
      [],
    );
  });

  it('names existing files, and tests that have that number or those words', () => {
    const wrong = rows.flatMap(([number, , , where, tests]) => {
      const gone = claims(where).filter(({ path }) => !existsSync(join(ROOT, path)));
      const problems = gone.map(({ path }) => `${path} is gone`).concat(claims(tests).flatMap(problemsOf));
      return problems.map((problem) => `${textOf(number)}: ${problem}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('is checked by a function that finds a wrong name', () => {
    const path = 'test/security/a-code.slow.test.ts';
    assert.deepEqual(problemsOf({ path, words: ['A02'] }), []);
    assert.deepEqual(problemsOf({ path, words: [] }), [`${path}: name a case or a title`]);
    assert.equal(problemsOf({ path, words: ['Z99', 'A02'] }).length, 1);
    assert.equal(problemsOf({ path: 'test/gone.test.ts', words: ['A02'] }).length, 1);
  });
});

/** The literals of each file that was named. */
const known = new Map<string, string[]>();

function problemsOf({ path, words }: { path: string; words: readonly string[] }): string[] {
  const file = join(ROOT, path);
  if (!existsSync(file)) return [`${path} is gone`];
  if (words.length === 0) return [`${path}: name a case or a title`];
  const literals = known.get(path) ?? literalsOf(path, readFileSync(file, 'utf8'));
  known.set(path, literals);
  return words
    .filter((word) => !literals.some((literal) => literal.includes(word)))
    .map((word) => `${path} has no ${word}`);
}
