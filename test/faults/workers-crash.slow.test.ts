import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationRequest, redeem, signIn, token } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { startLoad } from '../support/load.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { freeIssuer, type Message, WorkerProcesses } from '../support/worker-processes.ts';

/** Of each of two loads. */
const CLIENTS = 8;
/** Milliseconds between two requests of a client. In the short form, pauses leave the processor to the worker that starts. */
const PAUSE = LONG ? 0 : 200;
/** Answers before the kill, and after it. */
const ENOUGH = LONG ? 500 : 50;

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

describe('a worker that crashes', function () {
  this.timeout(60_000);
  let directory: string;
  let issuer: string;
  let primary: WorkerProcesses;

  const start = async (): Promise<void> => {
    primary = await WorkerProcesses.start(directory, ['--workers', '2'], { SIGNET_ISSUER: issuer });
  };
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-crash-'));
    issuer = await freeIssuer();
    await start();
  });
  after(async () => {
    await primary?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  function kill(number: number): void {
    process.kill(primary.pids.get(number) as number, 'SIGKILL');
  }

  /** Waits for a message that the log does not have yet. Call it before what leads to the message. */
  const next = (words: string, times = 1): Promise<Message> =>
    primary.said(words, primary.count(words) + times);

  it('R01 is replaced; only its requests under way fail, and acknowledged writes are kept', async () => {
    const people = [];
    for (let count = 0; count < 4; count += 1)
      people.push((await signIn(issuer, { parameters: OFFLINE })).agent);
    const acknowledged = new Set<string>();
    let running = true;
    const flows = people.map(async (agent) => {
      while (running) {
        try {
          const request = authorizationRequest(issuer, { scope: OFFLINE.scope });
          const { url } = await agent.follow(request.url);
          const { body } = await redeem(issuer, url.searchParams.get('code') ?? '', request);
          if (body.refresh_token !== undefined) acknowledged.add(body.refresh_token);
          await sleep(PAUSE);
        } catch {
          // The request was under way in the killed worker.
        }
      }
    });
    const loads = [true, false].map((keepAlive) =>
      startLoad(issuer, { clients: CLIENTS, keepAlive, pause: PAUSE }),
    );
    const failed = (): string[] => loads.flatMap(({ failures }) => failures);
    const answered = (): number => loads.reduce((sum, load) => sum + load.answered, 0);
    await eventually('the load runs', async () => answered() > ENOUGH && acknowledged.size > 10);
    assert.deepEqual(failed(), []);

    const killed = performance.now();
    const served = next('worker 2 serves');
    kill(2);
    await served;
    const back = Math.round(performance.now() - killed);
    const lost = failed();
    const before = answered();
    await eventually('the load goes on', async () => answered() > before + ENOUGH);
    running = false;
    await Promise.all(flows);
    for (const load of loads) await load.stop();
    assert.deepEqual(failed(), lost, 'requests failed that no killed worker had under way');
    assert.ok(
      lost.length <= 2 * CLIENTS,
      `${lost.length} requests failed, of ${2 * CLIENTS} at a time: ${lost.join()}`,
    );
    for (const value of acknowledged) {
      const { response } = await token(issuer, { grant_type: 'refresh_token', refresh_token: value });
      assert.equal(response.status, 200, 'an acknowledged refresh token was lost');
    }
    figure(
      `R01 worker killed under load: replaced after ${back} ms; ${lost.length} of ${answered()} requests failed, those it had ` +
        `under way; all ${acknowledged.size} acknowledged refresh tokens found again`,
    );
  });

  it('and cannot start again does not affect the others; a reload tries again immediately', async () => {
    const file = join(directory, 'signet.yaml');
    writeFileSync(file, 'colour: blue\n');
    // By the signal, and as it cannot start.
    const failed = next('worker 2 ended', 2);
    kill(2);
    await failed;
    assert.equal((await primary.get('/readyz')).status, 200);
    rmSync(file);
    const reloaded = next('reloaded');
    primary.signal('SIGHUP');
    await reloaded;
    assert.equal(primary.count('worker 1 ended'), 0);
    assert.match((await primary.get('/metrics')).text, /^signet_workers_serving 2$/m);
  });

  // Half a minute: only in the long form.
  if (LONG) {
    it('repeatedly is started with an increasing delay, while the others serve', async () => {
      await primary.end();
      await start();
      const load = startLoad(issuer, { clients: 2, keepAlive: false, pause: 10 });
      for (let crash = 1; crash <= 4; crash += 1) {
        await primary.said('worker 2 serves', crash);
        kill(2);
        await primary.said('worker 2 ended', crash);
      }
      const delays = primary.messages.flatMap(({ msg, restartIn }) =>
        msg === 'worker 2 ended' ? [restartIn] : [],
      );
      assert.deepEqual(delays, [0, 250, 500, 1000]);
      await load.stop();
      // Requests under way fail with each kill.
      assert.ok(load.failures.length <= 8, load.failures.join());
      assert.equal(primary.count('worker 1 ended'), 0);
      await primary.said('worker 2 serves', 5);
    });

    it('by hanging is killed and replaced', async () => {
      const [ended, served] = [next('worker 2 ended'), next('worker 2 serves')];
      process.kill(primary.pids.get(2) as number, 'SIGSTOP');
      assert.equal((await ended).why, 'killed, it had gone silent');
      await served;
    });
  }
});
