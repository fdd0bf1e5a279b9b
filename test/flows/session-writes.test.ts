import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { startTestServer } from '../support/server.ts';

/** Single sign-on uses a session, and changes nothing in it but its expiry. */
describe('A session that is used again', () => {
  for (const [lifetime, interval] of [
    ['14d', 60],
    ['5m', 5],
  ] as const) {
    it(`with a lifetime of ${lifetime} is written every ${interval} seconds`, async () => {
      const server = await startTestServer({ lifetimes: { session: lifetime } });
      const store = await openStore(server.config.store, { clock: () => Date.now() });
      await withClock(async (clock) => {
        const { agent } = await signIn(server.issuer);
        const id = agent.cookie('signet_session')?.value ?? '';
        const use = async () => {
          const response = await agent.get(authorizationRequest(server.issuer).url);
          const { searchParams } = new URL(response.headers.get('location') ?? '');
          assert.notEqual(searchParams.get('code'), null);
          return await store.artifacts.read('Session', id);
        };
        const first = await use();
        assert.deepEqual(await use(), first);
        clock.advance(interval - 1);
        assert.deepEqual(await use(), first);
        clock.advance(1);
        const later = await use();
        const { payload } = first;
        assert.deepEqual(later.payload, { ...payload, exp: Number(payload?.exp) + interval });
      });
      await store.close();
      await server.stop();
    });
  }
});
