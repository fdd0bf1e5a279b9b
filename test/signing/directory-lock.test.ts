import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { withDirectoryLock } from '../../src/signing/sources/directory-lock.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

describe('The lock of a key directory', () => {
  const path = temporaryDirectory();

  it('admits one holder at a time, and is removed afterwards', async () => {
    let holders = 0;
    const work = async () => {
      holders += 1;
      assert.equal(holders, 1);
      await new Promise(setImmediate);
      holders -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withDirectoryLock(path('.'), work)));
    assert.equal(existsSync(path('.lock')), false);
  });

  it('is released when the work fails', async () => {
    await assert.rejects(
      withDirectoryLock(path('.'), () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withDirectoryLock(path('.'), async () => 'done'), 'done');
  });

  it('is removed after its holder was killed', async () => {
    writeFileSync(path('.lock'), '');
    assert.equal(await withDirectoryLock(path('.'), async () => 'done', 3), 'done');
    assert.equal(existsSync(path('.lock')), false);
  });

  it('rejects when the directory does not exist', async () => {
    await assert.rejects(
      withDirectoryLock(path('nowhere'), async () => 'done'),
      { code: 'ENOENT' },
    );
  });
});
