import assert from 'node:assert/strict';
import { signIn } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { countOperations } from '../support/store-counts.ts';
import { APIS, client, CLIENTS, HINTS, type Request, request, toEngine } from './introspection-parties.ts';

/** The sweeper and other work in the background count, too; not in every run. */
const RUNS = LONG ? 5 : 3;
/** In the short form without the longer name of each type. */
const USED_HINTS = HINTS.slice(0, 4).filter((_, index) => LONG || index !== 2);
const RESPONSES = { '/introspect': '{"active":false}', '/revoke': '{}' };

describe('tokens of another client, on Redis', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let server: TestServer;
  let values: Record<string, string>;

  before(async function () {
    await needRedis(this);
    redis = await startRedis();
    server = await startTestServer({
      store: `redis://127.0.0.1:${redis.port}`,
      signingAlgorithms: ['ES256'],
      apis: APIS,
      clients: CLIENTS,
    });
    const { tokens } = await signIn(server.issuer, { client: client('app') });
    values = {
      'access token': tokens.access_token,
      'refresh token': String(tokens.refresh_token),
      'unknown token': 'x'.repeat(43),
    };
  });
  after(async () => {
    await server.stop();
    await redis.stop();
  });

  async function post(path: keyof typeof RESPONSES, each: Request): Promise<void> {
    const response = await fetch(server.issuer + path, { method: 'POST', ...each });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), RESPONSES[path]);
  }

  for (const path of ['/introspect', '/revoke'] as const) {
    it(`cost at ${path} what an unknown one costs`, async () => {
      const { managementPort = 0 } = server.running;
      for (const hint of USED_HINTS) {
        for (const toServer of [(each: Request) => each, toEngine]) {
          for (const [name, token] of Object.entries(values)) {
            const each = toServer(request({ token, ...hint }, 'stranger'));
            // The client is cached for a second.
            const prepare = () => post(path, each);
            const cost = (await countOperations(managementPort, RUNS, prepare, prepare)).each;
            assert.deepEqual(cost, { reads: 2, transactions: 0, roundTrips: 2, durableWaits: 0 }, name);
          }
        }
      }
    });
  }
});
