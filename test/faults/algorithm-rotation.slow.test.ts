import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/config/signing-algorithms.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { promote, rotate, rotationSettings, withdraw } from '../../src/signing/rotation.ts';
import { openKeySource } from '../../src/signing/sources/open.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { Api } from '../resource-server/api.ts';
import { withClock } from '../support/clock.ts';
import { API, token } from '../support/flow.ts';
import { decodeProtectedHeader } from '../support/jwt.ts';
import { itLong, LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const ROTATIONS = LONG ? 5 : 1;
/** Requests between two steps of the clock. */
const REQUESTS = LONG ? 40 : 8;
const CLIENTS = 4;
const MACHINE = { id: 'machine', secret: 'a-secret-of-more-than-32-characters' };
const OTHERS = SIGNING_ALGORITHMS.filter((alg) => alg !== 'RS256');

describe('R10 signing keys of other algorithms change under load', function () {
  this.timeout(60_000);
  let redis: RedisServer | undefined;
  let server: TestServer;
  let store: Store;
  let api: Api;
  let asked: number;

  const start = async (alg: SigningAlgorithm, input: Partial<ConfigInput>): Promise<void> => {
    const scope = 'messages:read';
    server = await startTestServer({
      ...input,
      demo: false,
      // Longer than any step of the clock: a rejected token is rejected for its key.
      lifetimes: { accessToken: '2h' },
      signingAlgorithms: [alg],
      apis: [{ audience: API, name: 'Sample API', scopes: { [scope]: 'Read' }, signingAlgorithm: alg }],
      clients: [
        { client_id: MACHINE.id, client_secret: MACHINE.secret, grant_types: ['client_credentials'], scope },
      ],
    });
    store = await openStore(server.config.store, { clock: () => Date.now() });
    api = await Api.start({ issuer: server.issuer, audience: API, algorithms: [alg] });
    asked = 0;
  };
  afterEach(async () => {
    await api?.stop();
    await store?.close();
    await server?.stop();
    await redis?.stop();
    redis = undefined;
  });

  const now = (): number => Math.floor(Date.now() / 1000);
  const keys = () => openKeySource(server.config, store, () => Date.now());

  async function issue(): Promise<string> {
    const form = { grant_type: 'client_credentials', scope: 'messages:read' };
    const { response, body } = await token(server.issuer, form, MACHINE);
    assert.equal(response.status, 200, JSON.stringify(body));
    return body.access_token;
  }

  /** Clients that get a token each and use it immediately. Fails with the first request that fails. */
  async function load(alg: SigningAlgorithm): Promise<void> {
    const machine = async (): Promise<void> => {
      for (let count = 0; count < REQUESTS / CLIENTS; count += 1) {
        const jwt = await issue();
        assert.equal(decodeProtectedHeader(jwt).alg, alg);
        const { status, text } = await api.ask({ token: jwt });
        assert.equal(status, 200, `${text} ${api.reasons.at(-1)}`);
        asked += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, machine));
  }

  async function rotations(alg: SigningAlgorithm): Promise<void> {
    const follow = (): Promise<unknown> => Promise.all([load(alg), server.running.followKeys(), load(alg)]);
    const signer = async (): Promise<string> => decodeProtectedHeader(await issue()).kid as string;
    await withClock(async (clock) => {
      if (server.config.keys !== 'store') {
        // The test's server has a key for RS256 already, so the first one of the algorithm is announced.
        const { kid } = await rotate(keys(), rotationSettings(server.config), now(), { alg });
        await promote(keys(), kid, rotationSettings(server.config), now());
        await server.running.followKeys();
      }
      for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
        const { kid } = await rotate(keys(), rotationSettings(server.config), now(), { alg });
        await follow();
        for (let step = 0; step < 4; step += 1) {
          clock.advance(ANNOUNCEMENT / 4);
          await follow();
        }
        assert.equal(await signer(), kid);
      }
      const removed = await issue();
      clock.advance(60);
      await withdraw(keys(), await signer(), rotationSettings(server.config), now());
      await server.running.followKeys();
      await load(alg);
      assert.equal((await api.ask({ token: removed })).status, 401);
    });
    const where = redis === undefined ? 'SQLite' : 'Redis';
    figure(
      `R10 ${ROTATIONS} rotations of ${alg} and a removal, ${where}: 0 of ${asked} token requests failed, nor of as many at the sample API`,
    );
  }

  for (const [index, alg] of OTHERS.entries()) {
    // Where the keys are has nothing to do with the algorithm: the short form has each algorithm once.
    const [itOnSqlite, itOnRedis] = index % 2 === 0 ? [it, itLong] : [itLong, it];

    itOnSqlite(
      `${alg}, on SQLite, with keys in files: no request fails, and a removed key is refused`,
      async () => {
        await start(alg, {});
        await rotations(alg);
      },
    );

    itOnRedis(
      `${alg}, on Redis, with keys in the store: no request fails, and a removed key is refused`,
      async function () {
        await needRedis(this);
        redis = await startRedis();
        await start(alg, {
          store: `redis://127.0.0.1:${redis.port}`,
          keys: 'store',
          masterKey: randomBytes(32).toString('base64'),
        });
        await rotations(alg);
      },
    );
  }
});
