import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CLIENTS = join(import.meta.dirname, '../clients');

describe('The clients from PyPI', () => {
  it('pin the version of every package, also of those that they need', () => {
    const files = globSync('*/requirements.txt', { cwd: CLIENTS });
    assert.notEqual(files.length, 0);
    const loose = files.flatMap((file) =>
      readFileSync(join(CLIENTS, file), 'utf8')
        .trimEnd()
        .split('\n')
        .filter((line) => !/^[\w.-]+==[\w.]+$/.test(line)),
    );
    assert.deepEqual(loose, []);
  });
});
