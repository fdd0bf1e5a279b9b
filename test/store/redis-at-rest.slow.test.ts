import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import type { ArtifactKind, Store } from '../../src/store/store.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';

const KINDS: readonly ArtifactKind[] = [
  'AccessToken',
  'AuthorizationCode',
  'DeviceCode',
  'Grant',
  'RefreshToken',
  'Session',
];

describe('A Redis at rest', () => {
  let server: RedisServer;
  const secrets: string[] = [];

  before(async function () {
    await needRedis(this);
    // No compression, and an AOF that consists of commands, so that any plain text can be found.
    server = await startRedis({ rdbcompression: 'no', 'aof-use-rdb-preamble': 'no' });
  });
  after(() => server?.stop());

  function secret(): string {
    const value = randomBytes(16).toString('base64url');
    secrets.push(value);
    return value;
  }

  /** Uses one artifact of a kind in every operation; each id is a new secret. */
  async function use({ artifacts }: Store, kind: ArtifactKind): Promise<void> {
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
      accountId: 'account-id',
      ...key,
      listed,
    });
    const answer = { payload: { access_token: secret(), refresh_token: id }, expiresAt };
    const outcome = await artifacts.commit({ consume: { kind, id, answer }, writes: [] });
    assert.deepEqual(outcome, { outcome: 'committed' });
    assert.deepEqual(await artifacts.findAnswer(kind, id), answer.payload);
    assert.ok(
      kind === 'DeviceCode'
        ? await artifacts.findByUserCode(kind, uid)
        : await artifacts.findByUid(kind, uid),
    );
    await artifacts.createOnce(kind, secret(), expiresAt);
    await artifacts.revokeGrant(secret(), expiresAt);
    await artifacts.destroyByGrant(kind, grantId);
  }

  it('contains no id and no payload in plain text, neither in its AOF nor in a dump', async () => {
    const store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: Date.now });
    await store.signingKeys.put({ kid: 'kid-in-clear', sealed: 's', createdAt: 0 });
    await store.signingKeys.put({ kid: 'other-kid', alg: 'ES256', sealed: 's', createdAt: 0 });
    for (const kind of KINDS) await use(store, kind);
    await store.artifacts.revokeAccount('account-id', Math.floor(Date.now() / 1000) + 60);
    await server.command('save');
    const files = readdirSync(server.directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(aof|rdb)$/.test(name),
    );
    const full = files
      .map((name) => readFileSync(join(server.directory, name)))
      .filter((bytes) => bytes.includes('kid-in-clear'));
    assert.equal(full.length, 2, 'the search finds what is there, in the AOF and in the dump');
    for (const bytes of full) {
      for (const value of secrets) {
        assert.equal(bytes.includes(value), false);
        assert.equal(bytes.includes(Buffer.from(value, 'base64url')), false);
      }
    }
    await store.close();
  });

  it('keeps no key without a time to live, except those of accounts, clients, signing keys and events', async () => {
    const keys = (await server.command('keys', '*')).split('\n');
    assert.ok(keys.length > KINDS.length * 4);
    const PERMANENT_KEYS = new Set([
      'signet:{signing-keys}',
      'signet:other:{signing-keys}',
      'signet:identity:{clients}',
    ]);
    for (const key of keys) {
      const isPermanent = Number(await server.command('pttl', key)) < 0;
      assert.equal(isPermanent, PERMANENT_KEYS.has(key), key);
    }
  });
});
