import assert from 'node:assert/strict';
import { digestSecret, generateSecret, secretProblems, verifySecret } from '../../src/clients/secrets.ts';

const NOW = 1_800_000_000;
const stored = (secret: string, expiresAt?: number) => ({
  digest: digestSecret(secret),
  createdAt: 0,
  expiresAt,
});

describe('Client secrets', () => {
  it('are 256 random bits when generated', () => {
    assert.match(generateSecret(), /^[\w-]{43}$/);
    assert.notEqual(generateSecret(), generateSecret());
  });

  it('are stored as a salted digest', () => {
    const digest = digestSecret('demo-web-secret');
    assert.match(digest, /^sha256\$[\w-]{22}\$[\w-]{43}$/);
    assert.notEqual(digest, digestSecret('demo-web-secret'));
  });

  it('are accepted, any of several', () => {
    const secrets = [stored('one'), stored('two'), stored('three'), stored('four')];
    for (const secret of ['one', 'two', 'three', 'four'])
      assert.equal(verifySecret(secrets, secret, NOW), true);
    assert.equal(verifySecret(secrets, 'five', NOW), false);
  });

  it('are accepted until the second in which they expire', () => {
    const secrets = [stored('new'), stored('old', NOW)];
    assert.equal(verifySecret(secrets, 'old', NOW - 1), true);
    assert.equal(verifySecret(secrets, 'old', NOW), false);
    assert.equal(verifySecret(secrets, 'new', NOW), true);
  });

  it('are rejected when the client has none', () => {
    assert.equal(verifySecret([], '', NOW), false);
    assert.equal(verifySecret([], 'anything', NOW), false);
  });

  for (const digest of ['', 'secret', 'sha256$', 'md5$c2FsdA$ZGlnZXN0', 'sha256$c2FsdA$ZGlnZXN0']) {
    it(`are rejected when the digest is ${JSON.stringify(digest)}`, () => {
      assert.equal(verifySecret([{ digest, createdAt: 0 }], 'secret', NOW), false);
    });
  }

  it('need 32 characters in production when an administrator chooses them', () => {
    assert.deepEqual(secretProblems('x'.repeat(31), 'production'), [
      'client_secret: must have at least 32 characters in production',
    ]);
    assert.deepEqual(secretProblems('x'.repeat(32), 'production'), []);
    assert.deepEqual(secretProblems('demo-web-secret', 'development'), []);
  });

  it('are visible ASCII (RFC 6749 Appendix A.2)', () => {
    for (const secret of ['', 'tab\t', 'é'.repeat(32)])
      assert.equal(secretProblems(secret, 'development').length, 1);
  });
});
