import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { findSecrets } from './support/secret-search.ts';
import { SecretsSeen } from './support/secrets-seen.ts';

describe('the search for secrets in logs and stores', () => {
  const value = `${randomBytes(32).toString('base64url')}+/ü"`;
  const token = randomBytes(32).toString('base64url');

  const encodings: Record<string, string> = {
    secret: value,
    'secret as hex': Buffer.from(value).toString('hex'),
    'secret as HEX': Buffer.from(value).toString('hex').toUpperCase(),
    'secret as percent-encoding': encodeURIComponent(value),
    'secret as JSON': JSON.stringify(value),
  };
  for (const [name, form] of Object.entries(encodings)) {
    it(`finds a ${name}`, () => {
      const text = Buffer.from(`{"a": ${form}, "b": 1}`).toString('latin1');
      assert.deepEqual(findSecrets(text, [{ kind: 'secret', value }]), [name]);
      assert.deepEqual(findSecrets(text, [{ kind: 'secret', value: token }]), []);
    });
  }

  for (const before of ['', 'x', 'xy', 'xyz']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      it(`finds one in ${encoding} after ${before.length} other bytes`, () => {
        const text = Buffer.from(`${before}${value}tail`).toString(encoding);
        assert.ok(
          findSecrets(text, [{ kind: 'secret', value }]).some((name) => name.startsWith('secret as base64')),
        );
      });
    }
  }

  it('finds the bytes of a random value', () => {
    const text = Buffer.from(token, 'base64url').toString('latin1');
    assert.deepEqual(findSecrets(`…${text}…`, [{ kind: 'code', value: token }]), ['code as bytes']);
  });

  it('finds nothing in similar text', () => {
    assert.deepEqual(findSecrets(`${token.slice(0, -1)}!`, [{ kind: 'code', value: token }]), []);
  });

  it('records secrets that pass through fetch, and does not change the response', async () => {
    const seen = new SecretsSeen();
    seen.listen();
    const body = JSON.stringify({ access_token: token, scope: 'not-a-secret-at-all' });
    const response = await fetch(`data:application/json,${body}`);
    assert.equal(await response.text(), body);
    seen.stop();
    assert.deepEqual(await seen.foundIn(`…${token}… not-a-secret-at-all`), ['access_token']);
  });
});
