import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { type RunOptions, Workplace } from './run-signet.ts';

/** Commands that use a store and do not create one. */
const COMMANDS: readonly (readonly string[])[] = [
  ['user', 'add', 'bob', '--no-password'],
  ['client', 'add', '--id', 'job', '--grant', 'client_credentials', '--scope', 'messages:read'],
  ['keys', 'rotate'],
  ['audit', 'list'],
  ['backup', 'file.signet'],
  ['token', 'verify', '--local', 'eyJhbGciOiJSUzI1NiJ9.e30.x'],
];
const ADVICE =
  '`signet serve` makes it; if it should be there, check the working directory, --config and SIGNET_STORE';

describe('A command that needs a store', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let empty: Workplace;
  before(async function () {
    await needRedis(this);
    redis = await startRedis();
  });
  after(() => redis?.stop());
  beforeEach(async () => {
    await redis.command('flushall');
    empty = new Workplace({ store: false, ownProcess: false });
  });
  afterEach(() => empty.remove());

  it('creates none in the wrong directory, and reports the missing one', async () => {
    const answers = await Promise.all(
      COMMANDS.map((command) => empty.run(command, { input: 'long enough, is it not\n' })),
    );
    for (const [index, { code, stdout, stderr }] of answers.entries()) {
      const expected = `error: there is no database ${empty.directory}/data/signet.db: ${ADVICE}\n`;
      assert.deepEqual([code, stdout, stderr], [1, '', expected], COMMANDS[index]?.join(' '));
    }
    assert.deepEqual(readdirSync(empty.directory), []);
  });

  it('creates none from an empty file or in an empty Redis', async () => {
    writeFileSync(join(empty.directory, 'empty.db'), '');
    const ofFile = await empty.run(['user', 'list'], { env: { SIGNET_STORE: 'sqlite:empty.db' } });
    assert.equal(ofFile.stderr, `error: there is no database ${empty.directory}/empty.db: ${ADVICE}\n`);
    const ofRedis = await empty.run(['user', 'list'], inRedis());
    assert.equal(ofRedis.stderr, `error: the store redis://127.0.0.1:${redis.port} is empty: ${ADVICE}\n`);
    assert.deepEqual([ofFile.code, ofRedis.code, await redis.command('dbsize')], [1, 1, '0']);
  });

  it('prints its address without the password', async () => {
    await makeStore(`sqlite:${empty.directory}/data/signet.db`);
    assert.equal((await empty.run(['user', 'list'])).store, `sqlite:${empty.directory}/data/signet.db`);
    await redis.command('config', 'set', 'requirepass', 'secret-word');
    try {
      const address = `redis://:secret-word@127.0.0.1:${redis.port}`;
      await makeStore(address);
      const listed = await empty.run(['client', 'list'], { env: { SIGNET_STORE: address } });
      assert.deepEqual([listed.code, listed.store], [0, `redis://127.0.0.1:${redis.port}`]);
    } finally {
      await redis.commandAs('secret-word', 'config', 'set', 'requirepass', '');
    }
  });

  it('creates no directory of keys, with any store', async () => {
    await makeStore(`redis://127.0.0.1:${redis.port}`);
    for (const command of [
      ['keys', 'rotate'],
      ['keys', 'list'],
      ['keys', 'retire', 'x', '--now'],
    ]) {
      const { code, stderr } = await empty.run(command, inRedis());
      assert.equal(
        stderr,
        `error: there is no signing key in ${empty.directory}/keys: \`signet serve\` makes the first; if it should be there, check the working directory, --config and SIGNET_KEYS\n`,
      );
      assert.equal(code, 1);
    }
    assert.deepEqual(readdirSync(empty.directory), []);
  });

  function inRedis(): RunOptions {
    return { env: { SIGNET_STORE: `redis://127.0.0.1:${redis.port}` } };
  }
});

/** As the first start of a server leaves it. */
async function makeStore(address: string): Promise<void> {
  const store = await openStore(address, { clock: Date.now });
  await store.identify();
  await store.close();
}
