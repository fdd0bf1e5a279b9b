import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../docs/decisions');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

const records = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .toSorted();

const SECTIONS = ['Context', 'Decision', 'Consequences'];

describe('docs/decisions', () => {
  it('numbers its records without gaps', () => {
    assert.deepEqual(
      records.map((name) => name.slice(0, 4)),
      records.map((_, index) => `${String(index + 1).padStart(3, '0')}-`),
    );
  });

  for (const name of records) {
    it(`has a number, a status and three sections in ${name}, within 40 lines`, () => {
      const text = read(name);
      assert.match(
        text,
        new RegExp(`^# ${name.slice(0, 3)}: .+\n\n\\*\\*Status:\\*\\* (?:accepted|superseded by)`),
      );
      assert.deepEqual(
        [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
        SECTIONS,
      );
      assert.ok(text.split('\n').length <= 40);
    });
  }

  it('lists each record in the index once, with its title', () => {
    const listed = [...read('README.md').matchAll(/^- \[(\d{3})\]\(([^)]+)\): (.+)$/gm)];
    const titles = records.map((name) => [
      name.slice(0, 3),
      name,
      /^# \d+: (.+)$/m.exec(read(name))?.[1] ?? '',
    ]);
    assert.deepEqual(
      listed.map(([, ...cells]) => cells).toSorted(([one = ''], [other = '']) => one.localeCompare(other)),
      titles,
    );
  });
});
