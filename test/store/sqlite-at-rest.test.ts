import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import type { ArtifactKind, Store } from '../../src/store/store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const KINDS: readonly ArtifactKind[] = [
  'AccessToken',
  'AuthorizationCode',
  'DeviceCode',
  'Grant',
  'Interaction',
  'PushedAuthorizationRequest',
  'RefreshToken',
  'Session',
];

describe('An SQLite database at rest', () => {
  const path = temporaryDirectory();
  const secrets: string[] = [];

  function secret(): string {
    const value = randomBytes(16).toString('base64url');
    secrets.push(value);
    return value;
  }

  /** Uses one artifact of a kind in every operation; each id is a new secret. Destroys the artifact unless `stays`. */
  async function use({ artifacts }: Store, kind: ArtifactKind, stays: boolean): Promise<void> {
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const [id, uid] = [secret(), secret()];
    const grantId = kind === 'Grant' ? id : secret();
    const payload = { jti: id, grantId, uid, returnTo: `https://op.example/auth/${id}`, cookie: secret() };
    const key = kind === 'DeviceCode' ? { userCode: uid } : { uid };
    const listed = kind === 'Session' ? { facts: {}, grants: { web: secret() } } : undefined;
    await artifacts.upsert(kind, id, {
      payload,
      expiresAt,
      grantId,
      accountId: 'alice-in-clear',
      ...key,
      listed,
    });
    const answer = { payload: { access_token: secret(), refresh_token: id }, expiresAt };
    const outcome = await artifacts.commit({ consume: { kind, id, answer }, writes: [] });
    assert.deepEqual(outcome, { outcome: 'committed' });
    assert.deepEqual(await artifacts.findAnswer(kind, id), answer.payload);
    assert.ok(await artifacts.find(kind, id));
    await artifacts.createOnce(kind, secret(), expiresAt);
    await artifacts.revokeGrant(secret(), expiresAt);
    if (!stays) await artifacts.destroy(kind, id);
  }

  function assertNoSecretIn(file: string): void {
    const bytes = readFileSync(file);
    for (const value of secrets) {
      assert.equal(bytes.includes(value), false);
      assert.equal(bytes.includes(Buffer.from(value, 'base64url')), false);
    }
  }

  it('contains no id and no payload in plain text, neither in the file nor in the log', async () => {
    const file = path('signet.db');
    const store = await openStore(`sqlite:${file}`, { clock: Date.now });
    for (const kind of KINDS) {
      await use(store, kind, true);
      await use(store, kind, false);
    }
    assertNoSecretIn(file);
    assertNoSecretIn(`${file}-wal`);
    assert.ok(readFileSync(`${file}-wal`).includes('alice-in-clear'), 'the search finds what is there');
    await store.close();
    assertNoSecretIn(file);
    assert.ok(readFileSync(file).includes('alice-in-clear'), 'the search finds what is there');
  });
});
