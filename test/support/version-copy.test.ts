import assert from 'node:assert/strict';
import { copyVersion, VersionMissingError } from './version-copy.ts';

describe('A copy of another version', () => {
  it('names a commit that is not in the clone, and the way to get it', async () => {
    await assert.rejects(copyVersion('0123456789abcdef0123456789abcdef01234567'), (error) => {
      assert.ok(error instanceof VersionMissingError);
      assert.equal(error.message, 'the version of commit 0123456 is not in this clone');
      assert.equal(error.hint, 'git fetch --unshallow');
      return true;
    });
  });
});
