import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLoad, type Load } from '../support/load.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { freeIssuer, isAlive, WorkerProcesses } from '../support/worker-processes.ts';

const RELOADS = LONG ? 20 : 1;
/** Milliseconds. In the long form some connections stay idle, which keeps each worker for the whole grace period. */
const PAUSE = LONG ? 6000 : 400;
/** Milliseconds of the busy ones. Without a pause the load takes the processor from the workers that start, which only takes longer. */
const BUSY_PAUSE = LONG ? 0 : 100;

/** Workers are replaced under load of three kinds of clients: busy ones, pausing ones, and ones that open a connection for each request. */
describe('workers are replaced under load', function () {
  this.timeout(RELOADS * 20_000);
  let directory: string;
  let issuer: string;
  let primary: WorkerProcesses;
  let loads: Load[];

  async function start(...args: string[]): Promise<void> {
    primary = await WorkerProcesses.start(directory, ['--workers', '2', ...args], { SIGNET_ISSUER: issuer });
  }

  function startLoads(): void {
    loads = [
      startLoad(issuer, { clients: 2, keepAlive: true, pause: BUSY_PAUSE }),
      startLoad(issuer, { clients: 8, keepAlive: true, pause: PAUSE }),
      startLoad(issuer, { clients: 2, keepAlive: false, pause: BUSY_PAUSE }),
    ];
  }

  /** For a test that starts another one. */
  async function endPrimary(): Promise<void> {
    for (const load of loads) await load.stop();
    await primary.end();
  }

  /** @returns how many requests were answered */
  async function assertNoneFailed(): Promise<number> {
    for (const load of loads) await load.stop();
    assert.deepEqual(
      loads.flatMap(({ failures }) => failures),
      [],
    );
    return loads.reduce((sum, { answered }) => sum + answered, 0);
  }

  /** Waits for a message that the log does not have yet. Call it before what leads to the message. */
  const next = (words: string): Promise<unknown> => primary.said(words, primary.count(words) + 1);

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-reload-'));
    issuer = await freeIssuer();
    await start();
  });
  beforeEach(() => startLoads());
  afterEach(async () => {
    for (const load of loads) await load.stop();
  });
  after(async () => {
    await primary?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('R04 by rolling reloads: no request fails', async () => {
    const before = primary.pids;
    for (let reload = 1; reload <= RELOADS; reload += 1) {
      const reloaded = next('reloaded');
      primary.signal('SIGHUP');
      await reloaded;
    }
    const answered = await assertNoneFailed();
    for (const [number, pid] of primary.pids) assert.notEqual(pid, before.get(number));
    assert.equal(primary.count(' serves'), 2 + 2 * RELOADS);
    figure(`R04 ${RELOADS} rolling reloads under load: 0 of ${answered} requests failed`);
  });

  it('by one more and one fewer: no request fails', async () => {
    for (const [signal, words] of [
      ['SIGTTIN', 'worker 3 serves'],
      ['SIGTTOU', 'worker 3 has left'],
      ['SIGTTOU', 'worker 2 has left'],
      ['SIGTTOU', 'the only worker stays'],
    ] as const) {
      const said = next(words);
      primary.signal(signal);
      await said;
    }
    await assertNoneFailed();
    assert.deepEqual(
      [...primary.pids.values()].map((pid) => isAlive(pid)),
      [true, false, false],
    );
  });

  it('not when the new configuration is invalid; the next reload tries again', async () => {
    const before = [...primary.pids];
    const file = join(directory, 'signet.yaml');
    writeFileSync(file, 'colour: blue\n');
    const givenUp = next('reload given up');
    primary.signal('SIGHUP');
    await givenUp;
    assert.match(primary.errors, /^error: colour: unknown key/);
    assert.deepEqual([...primary.pids], before);
    rmSync(file);
    const reloaded = next('reloaded');
    primary.signal('SIGHUP');
    await reloaded;
    await assertNoneFailed();
  });

  it('and a stop during a reload ends all of them', async () => {
    const replacing = next('replacing worker 1');
    primary.signal('SIGHUP');
    await replacing;
    for (const load of loads) await load.stop();
    assert.equal(await primary.end('SIGTERM'), 0);
    assert.deepEqual([...primary.pids.values()].filter(isAlive), []);
  });

  if (LONG) {
    it('after a number of requests: no request fails', async () => {
      await endPrimary();
      await start('--max-requests', '100');
      startLoads();
      const { why } = await primary.said('replacing worker', 2);
      assert.match(why ?? '', /^\d{3,} requests$/);
      await primary.said('has left', 2);
      const answered = await assertNoneFailed();
      figure(`2 workers replaced after 100 requests each: 0 of ${answered} requests failed`);
    });

    it('when a worker uses too much memory: no request fails', async () => {
      // A worker uses the memory while a file exists.
      const weight = join(directory, 'weight');
      const preload = join(directory, 'preload.cjs');
      writeFileSync(weight, '');
      writeFileSync(
        preload,
        `if (process.env.WORKER_NUMBER && require('fs').existsSync(${JSON.stringify(weight)})) globalThis.weight = Buffer.alloc(2 ** 29, 1);`,
      );
      await endPrimary();
      primary = await WorkerProcesses.start(directory, ['--workers', '1', '--max-memory', '400'], {
        SIGNET_ISSUER: issuer,
        NODE_OPTIONS: `--require=${preload}`,
      });
      loads = [startLoad(issuer, { clients: 2, keepAlive: true, pause: 100 })];
      rmSync(weight);
      const { why } = await primary.said('replacing worker 1');
      assert.match(why ?? '', /^\d+ MiB of memory$/);
      await primary.said('worker 1 has left');
      await assertNoneFailed();
    });
  }
});
