import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { newTokenId } from '../../src/oidc/grants/token-id.ts';

describe('ids of tokens', () => {
  const ids = Array.from({ length: 1000 }, newTokenId);

  it('are 32 random bytes in base64url', () => {
    assert.deepEqual(
      ids.filter((id) => !/^[\w-]{43}$/.test(id)),
      [],
    );
  });

  it('are different, beyond the number that is generated at once', () => {
    assert.equal(new Set(ids).size, ids.length);
  });
});
