import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (file: string): string[] =>
  readFileSync(join(import.meta.dirname, '../..', file), 'utf8').split('\n');

describe('The build context of the image', () => {
  it('has what the Dockerfile copies, and nothing else', () => {
    const copied = read('Dockerfile')
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    const [first, ...kept] = read('.dockerignore').filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(first, '*');
    assert.deepEqual(kept.map((line) => line.replace(/^!/, '')).toSorted(), copied.toSorted());
  });
});
