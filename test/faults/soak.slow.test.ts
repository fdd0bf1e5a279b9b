import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, install } from '@sinonjs/fake-timers';
import type { ConfigInput } from '../../src/config/schema.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { MACHINE, redeem, signIn, token } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { clientAssertion, SIGNER } from './races.ts';

const ROUNDS = LONG ? 15 : 3;
const SIGN_INS = LONG ? 20 : 5;
/** Seconds; nothing that has a lifetime lives longer than the last of these and the first together. */
const LIFETIME = 60;
/** Milliseconds. */
const ROUND = 300_000;

const LIFETIMES: ConfigInput['lifetimes'] = {
  accessToken: LIFETIME,
  idToken: LIFETIME,
  authorizationCode: LIFETIME,
  refreshToken: LIFETIME,
  refreshTokenFamily: LIFETIME,
  session: LIFETIME,
  interaction: LIFETIME,
  consent: LIFETIME,
};

const TABLES = ['answers', 'artifacts', 'consumed', 'created_once', 'revoked_grants'];

describe('R13 a server after a long time of use', function () {
  this.timeout(LONG ? 600_000 : 60_000);
  let server: TestServer;
  let redis: RedisServer | undefined;
  let time: Clock | undefined;
  afterEach(async () => {
    time?.uninstall();
    await server?.stop();
    await redis?.stop();
  });

  /** One use of each function that writes to the store. */
  async function use(): Promise<void> {
    const { issuer } = server;
    for (let count = 0; count < SIGN_INS; count += 1) {
      const parameters = { scope: 'openid offline_access', prompt: 'consent' };
      const { tokens, code, request } = await signIn(issuer, { parameters });
      const { refresh_token = '' } = tokens;
      await token(issuer, { grant_type: 'refresh_token', refresh_token });
      await redeem(issuer, code, request);
      await token(issuer, { grant_type: 'client_credentials' }, MACHINE);
      const assertion = new URLSearchParams(await clientAssertion(issuer));
      await fetch(`${issuer}/token`, { method: 'POST', body: assertion });
    }
  }

  it('on SQLite: expired records are removed, and neither the file nor the number of open files grows', async () => {
    // Before the server starts: its sweeper uses this clock.
    time = install({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'], now: Date.now() });
    server = await startTestServer({
      lifetimes: LIFETIMES,
      clients: [SIGNER],
      limits: { enabled: false },
      audit: { retention: LIFETIME },
      loginProtection: { enabled: false, knownDevice: LIFETIME },
    });
    const database = new Database(server.config.store.slice('sqlite:'.length), 1000);
    const rowsOf = (table: string): number =>
      database.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? Number.NaN;
    const rows = (): number => TABLES.reduce((sum, table) => sum + rowsOf(table), 0);
    const pages = (): number =>
      database.prepare<{ n: number }>('SELECT page_count AS n FROM pragma_page_count').get()?.n ?? Number.NaN;
    const measured: { pages: number; descriptors: number }[] = [];
    let most = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      await use();
      most = Math.max(most, rows());
      do {
        await time.tickAsync(ROUND);
        // The sweeper's work takes real time.
        await sleep(20);
      } while (rows() + rowsOf('audit') > 0);
      measured.push({ pages: pages(), descriptors: openFiles() });
    }
    database.close();
    const [, second] = measured;
    const last = measured.at(-1);
    assert.ok(second !== undefined && last !== undefined && most > 9 * SIGN_INS);
    assert.ok(last.pages <= second.pages * 1.1, `${second.pages} pages became ${last.pages}`);
    assert.ok(
      last.descriptors <= second.descriptors + 3,
      `${second.descriptors} open files became ${last.descriptors}`,
    );
    figure(
      `R13 ${ROUNDS} × ${SIGN_INS} sign-ins on SQLite: up to ${most} rows, 0 after each round; ${second.pages} and at last ` +
        `${last.pages} pages, ${second.descriptors} and at last ${last.descriptors} open files`,
    );
  });

  it('on Redis: records with a lifetime expire', async function () {
    await needRedis(this);
    const started = await startRedis();
    redis = started;
    server = await startTestServer({
      store: `redis://127.0.0.1:${started.port}`,
      lifetimes: LIFETIMES,
      clients: [SIGNER],
      loginProtection: { enabled: false, knownDevice: LIFETIME },
    });
    await use();
    const script =
      "local n = {} for _, key in ipairs(redis.call('KEYS', '*')) do n[#n + 1] = redis.call('TTL', key) .. ' ' .. key end return n";
    const keys = (await started.command('eval', script, '0')).split('\n');
    const lasting =
      /^-1 signet:(?:account|account-index(?:-state)?|usernames|emails|client|client-ids|identity|audit|audit-events|audit-counter|ping)(?::|$)/;
    const expiring = keys.filter((key) => !lasting.test(key));
    const lifetimes = expiring.map((key) => Number.parseInt(key, 10));
    assert.ok(expiring.length > 10 * SIGN_INS, `${expiring.length} keys`);
    const wrong = expiring.filter((_, index) => (lifetimes[index] ?? -1) < 0);
    assert.deepEqual(wrong, []);
    figure(
      `R13 on Redis: ${expiring.length} keys of ${SIGN_INS} sign-ins, all gone by themselves within ${Math.max(...lifetimes)} s`,
    );
  });
});

/** Open files and sockets of this process; 0 where that is unknown. */
function openFiles(): number {
  const directory = '/proc/self/fd';
  return existsSync(directory) ? readdirSync(directory).length : 0;
}
