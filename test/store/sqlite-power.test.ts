import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { SessionJobs } from '../../src/store/sqlite/session-jobs.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';
import type { ArtifactStore } from '../../src/store/store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** What is left after a power failure: the files as they were when the last sync that has ended began. */
describe('A power failure of a machine with an SQLite store', () => {
  const path = temporaryDirectory();
  const now = () => Math.floor(Date.now() / 1000);
  const write = { payload: { n: 1 }, expiresAt: now() + 3600 };
  const FILES = ['', '-wal'];
  let onDisk: Buffer[];
  let connection: Connection;
  let artifacts: ArtifactStore;
  let failures = 0;

  beforeEach(async () => {
    const name = path(`power-${failures}.db`);
    const database = await openDatabase(name, { now: now(), create: true });
    const read = () => FILES.map((suffix) => readFileSync(name + suffix));
    onDisk = read();
    connection = new Connection(database, {
      sync: async () => {
        const files = read();
        await new Promise(setImmediate);
        onDisk = files;
      },
      writeAgain: () => {},
      close: () => {},
    });
    artifacts = new SqliteArtifacts(connection, new SessionJobs(connection, now), now);
  });
  afterEach(() => connection.close());

  /** Opens what is on the disk at this moment. */
  async function afterPowerFailure(check: (left: ArtifactStore) => Promise<void>): Promise<void> {
    const name = path(`left-${failures++}.db`);
    for (const [index, suffix] of FILES.entries()) writeFileSync(name + suffix, onDisk[index] ?? '');
    const store = await openStore(`sqlite:${name}`, { clock: Date.now });
    try {
      await check(store.artifacts);
    } finally {
      await store.close();
    }
  }

  it('R08 loses no durable write that was acknowledged, and no local one before it', async () => {
    await artifacts.upsert('Session', 's', write);
    await artifacts.upsert('RefreshToken', 'r', write);
    await afterPowerFailure(async (left) => {
      assert.deepEqual(await left.find('RefreshToken', 'r'), { n: 1 });
      assert.deepEqual(await left.find('Session', 's'), { n: 1 });
    });
    await artifacts.revokeGrant('g', write.expiresAt);
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', write.expiresAt), true);
    await afterPowerFailure(async (left) => {
      assert.equal(await left.createOnce('ReplayDetection', 'jti', write.expiresAt), false);
      await assert.rejects(left.upsert('AccessToken', 'a', { ...write, grantId: 'g' }));
    });
  });

  it('R08 loses no unit with a consumption that was acknowledged', async () => {
    await artifacts.upsert('AuthorizationCode', 'c', write);
    const answer = { payload: { answer: true }, expiresAt: write.expiresAt };
    const outcome = await artifacts.commit({
      consume: { kind: 'AuthorizationCode', id: 'c', answer },
      writes: [{ kind: 'AccessToken', id: 'a', write }],
    });
    assert.deepEqual(outcome, { outcome: 'committed' });
    await afterPowerFailure(async (left) => {
      assert.equal(await left.consume('AuthorizationCode', 'c'), false);
      assert.deepEqual(await left.findAnswer('AuthorizationCode', 'c'), answer.payload);
      assert.deepEqual(await left.find('AccessToken', 'a'), { n: 1 });
    });
  });

  it('may lose local writes since the last sync, and nothing else', async () => {
    await artifacts.upsert('RefreshToken', 'r', write);
    await artifacts.upsert('AuthorizationCode', 'c', write);
    await artifacts.commit({ writes: [{ kind: 'Session', id: 's', write }] });
    assert.deepEqual(await artifacts.find('AuthorizationCode', 'c'), { n: 1 });
    await afterPowerFailure(async (left) => {
      assert.equal(await left.find('AuthorizationCode', 'c'), undefined);
      assert.equal(await left.find('Session', 's'), undefined);
      assert.deepEqual(await left.find('RefreshToken', 'r'), { n: 1 });
    });
  });
});
