import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { withDirectoryLock } from '../../src/signing/sources/directory-lock.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

describe('The lock of a key directory', () => {
  const path = temporaryDirectory();

  it('lets one in at a time, and is gone afterwards', async () => {
    let inside = 0;
    const work = async () => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withDirectoryLock(path('.'), work)));
    assert.equal(existsSync(path('.lock')), false);
  });

  it('is given back when the work fails', async () => {
    await assert.rejects(
      withDirectoryLock(path('.'), () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withDirectoryLock(path('.'), async () => 'in'), 'in');
  });

  it('is removed where a process was killed while it had it', async () => {
    writeFileSync(path('.lock'), '');
    assert.equal(await withDirectoryLock(path('.'), async () => 'in', 3), 'in');
    assert.equal(existsSync(path('.lock')), false);
  });

  it('says so where it cannot be taken', async () => {
    await assert.rejects(
      withDirectoryLock(path('nowhere'), async () => 'in'),
      { code: 'ENOENT' },
    );
  });
});
