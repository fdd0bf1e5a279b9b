import assert from 'node:assert/strict';
import { withClock } from '../support/clock.ts';
import type { Define } from '../support/long-form.ts';
import type { BackChannelScene } from './back-channel-scene.ts';

/**
 * Defines the cases of clients that do not accept a logout token at once, in a `describe`.
 * @param itOfAnyStore as of `describeBackChannelLogout`
 */
export function itAttempts(scene: () => BackChannelScene, itOfAnyStore: Define): void {
  it('tries again after 503 with a new token, and ends after 200', async () => {
    scene().receiver.answers.set('/one', [503]);
    const { agent, tokens } = await scene().visit(['one']);
    await agent.get(scene().logoutUrl(tokens.id_token));
    const [[first] = []] = await scene().sent('/one');
    const [job] = await scene().jobs({ clientId: 'one' });
    assert.deepEqual([job?.state, job?.attempts, job?.reason], ['waiting', 1, 'status 503']);
    assert.deepEqual(await scene().sent('/one'), [[]]);
    await withClock(async (clock) => {
      clock.advance(10);
      const [[second] = []] = await scene().sent('/one');
      assert.ok(first?.jti && second?.jti && first.jti !== second.jti);
      assert.equal(second.sid, first.sid);
      assert.ok((second.iat ?? 0) >= (first.iat ?? 0) + 10);
    });
    assert.deepEqual(await scene().jobs(), []);
  });

  itOfAnyStore('waits as long as the client asks (Retry-After)', async () => {
    scene().receiver.answers.set('/one', [429]);
    scene().receiver.headers = { 'Retry-After': '600' };
    const { agent, tokens } = await scene().visit(['one']);
    await agent.get(scene().logoutUrl(tokens.id_token));
    await scene().sent('/one');
    await withClock(async (clock) => {
      clock.advance(599);
      assert.deepEqual(await scene().sent('/one'), [[]]);
      clock.advance(2);
      const [again = []] = await scene().sent('/one');
      assert.equal(again.length, 1);
    });
    scene().receiver.headers = {};
  });

  it('does not try again after 400, and keeps the job for the operator', async () => {
    scene().receiver.answers.set('/one', [400]);
    const { agent, tokens, person } = await scene().visit(['one']);
    await agent.get(scene().logoutUrl(tokens.id_token));
    await scene().sent('/one');
    const [job] = await scene().jobs({ state: 'failed' });
    assert.deepEqual([job?.reason, job?.accountId], ['status 400', person.id]);
    await withClock(async (clock) => {
      clock.advance(86_400);
      assert.deepEqual(await scene().sent('/one'), [[]]);
    });
    assert.equal(await scene().operator.store.jobs.retry(job?.id ?? ''), 'retried');
    const [[again] = []] = await scene().sent('/one');
    assert.equal(again?.sub, person.id);
  });

  itOfAnyStore('a client that does not answer delays no sign-out, and no other client', async () => {
    scene().receiver.answers.set('/slow', ['hang']);
    const { agent, tokens } = await scene().visit(['slow', 'two']);
    const arrived = new Promise<void>((resolve) => {
      scene().receiver.onReceived = ({ path }) => path === '/two' && resolve();
    });
    // Without the outbox this would take until the request to the client has failed.
    assert.equal((await agent.get(scene().logoutUrl(tokens.id_token))).status, 303);
    await arrived;
    scene().receiver.onReceived = () => {};
    const listed = await scene().operator.store.jobs.list({ clientId: 'slow' }, { limit: 5 });
    assert.deepEqual(
      listed.jobs.map(({ attempts }) => attempts),
      [1],
    );
    scene().receiver.release();
    await scene().server.running.sendJobs();
    assert.deepEqual(await scene().jobs({ clientId: 'slow' }), []);
    for (const path of ['/slow', '/two']) scene().receiver.take(path);
  });
}
