import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readText, repositoryFiles } from '../support/repository-files.ts';
import { literalsOf } from '../support/source-tree.ts';

/** Numbers of the attack cases that need a test, by section. A test has its number in its title, also `E16–E18`. */
const CASES: Readonly<Record<string, string>> = {
  A: '01 02 03 04 05 06 07 09 12 13 14 15 16 17 18',
  B: '01 04 05 07 09 10 12 13 14 15 16 17 18',
  C: '01 03 04 05 06 08 09 10 11 12 14 16 18 19 20 21 22 23 24 25 26 34 35 36 37 45 46 47',
  D: '01 02 03 04 06 08 09 10 11 15 16 17 18 19 20 21 22 23 34',
  E: '01 05 06 07 09 11 12 14 15 16 17 18 19 20 21 22 23 24 27 28',
  F: '01 03 04 06 07 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 35 36 37 38 39',
  G: '01 03 04 05 06 07 08 09 11 12 13 14 16 17 19 20 21 22 23 24 25 26 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99',
  H: '01 04 05 06 07 08 09 10 40 41 42 43 44 45 46 47 48 50 51 52 60 61 62 63 64 65 66 67 68',
  I: '01 04 05 06 08 09 10 15 16 17',
  K: '01 02 03 04 05 06 07 08 09 20 21 22',
  L: '01 02 03 04 05 06 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34',
  M: '01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 20 21 22 23 24 25 27 28 29 30 31 40 41 50 51 52 53 54 55 70',
};

describe('the attack cases', () => {
  const root = join(import.meta.dirname, '../..');
  const literals = repositoryFiles(root)
    .filter(
      (path) => path.startsWith('test/') && path.endsWith('.ts') && !path.endsWith('case-numbers.test.ts'),
    )
    .map((path) => ({ path, text: readText(root, path) ?? '' }))
    // Parsing takes longer than searching.
    .filter(({ text }) => numbersIn(text).length > 0)
    .flatMap(({ path, text }) => literalsOf(path, text));
  const named = new Set(literals.flatMap(numbersIn));
  const rows = new Set(literals.filter((literal) => /^[A-Z]\d\d$/.test(literal)).flatMap(numbersIn));

  for (const [section, numbers] of Object.entries(CASES)) {
    it(`of section ${section} have a test each`, () => {
      const missing = numbers.split(' ').filter((number) => !named.has(section + number));
      assert.deepEqual(missing, []);
    });
  }

  it('are in this list when a row has their number', () => {
    const listed = new Set(
      Object.entries(CASES).flatMap(([section, numbers]) => numbers.split(' ').map((each) => section + each)),
    );
    assert.deepEqual([...rows.difference(listed)], []);
  });
});

function numbersIn(text: string): string[] {
  return [...text.matchAll(/\b([A-IK-M])(\d\d)(?:–[A-IK-M](\d\d))?\b/g)].flatMap(
    ([, section, first, last = first]) =>
      Array.from(
        { length: Number(last) - Number(first) + 1 },
        (_, index) => `${section}${String(Number(first) + index).padStart(2, '0')}`,
      ),
  );
}
