import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Workplace } from '../cli/run-signet.ts';
import { basic, MACHINE, signIn, token } from '../support/flow.ts';
import { startLoad } from '../support/load.ts';
import { itLong, LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { Supervisor } from '../support/supervisor.ts';
import { freeIssuer, isAlive, WorkerProcesses } from '../support/worker-processes.ts';

describe('signet serve --workers', function () {
  this.timeout(60_000);
  let directory: string;
  let issuer: string;
  let current: WorkerProcesses | undefined;

  const start = (args: readonly string[], env: Record<string, string> = {}): Promise<WorkerProcesses> =>
    WorkerProcesses.start(directory, args, { SIGNET_ISSUER: issuer, ...env });

  /** A primary with two workers at the issuer: that of the case before, or a new one where that case has ended it. */
  async function twoWorkers(): Promise<WorkerProcesses> {
    if (!current?.isRunning) current = await start(['--workers', '2']);
    return current;
  }

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-workers-'));
    issuer = await freeIssuer();
    const api = { audience: 'https://api.example', name: 'API', scopes: { read: 'Read' } };
    writeFileSync(join(directory, 'signet.yaml'), JSON.stringify({ apis: [api] }));
  });
  after(async () => {
    await current?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('serves from distinguishable processes, under a primary without store and keys', async () => {
    const primary = await twoWorkers();
    const warnings = primary.messages.filter(({ msg }) => msg.startsWith('apis: introspectionClients'));
    assert.deepEqual(
      warnings.map(({ worker }) => worker),
      [1],
      'all workers read the same file, and one speaks of it',
    );
    const titles = [primary.child.pid as number, ...primary.pids.values()].map((pid) =>
      execFileSync('ps', ['-o', 'args=', '-p', String(pid)])
        .toString()
        .trim(),
    );
    assert.deepEqual(titles, ['signet: primary', 'signet: worker 1', 'signet: worker 2']);
    const { tokens } = await signIn(issuer);
    assert.equal(tokens.token_type, 'Bearer');
    const files = `/proc/${primary.child.pid}/fd`;
    if (existsSync(files)) {
      const open = readdirSync(files).map((fd) => readlinkSync(join(files, fd)));
      assert.deepEqual(
        open.filter((path) => path.startsWith(directory)),
        [],
      );
    }
    const starts = primary.messages.flatMap(({ msg, ms }) => (msg.endsWith(' serves') ? [ms] : []));
    const memory = execFileSync('ps', ['-o', 'rss=', '-p', String(primary.child.pid)]).toString();
    figure(
      `workers: primary ${Math.round(Number(memory) / 1024)} MiB; workers started in ${starts.join(' and ')} ms`,
    );
  });

  it('answers for all workers on one management port', async () => {
    const primary = await twoWorkers();
    assert.equal((await primary.get('/healthz')).status, 200);
    assert.equal((await primary.get('/readyz')).status, 200);
    const before = await issuedTokens(primary);
    const load = startLoad(issuer, { clients: 8, keepAlive: false });
    while (load.answered < 100) await sleep(10);
    await load.stop();
    const issued = (await issuedTokens(primary)).map((count, index) => count - before[index]!);
    assert.ok(
      issued.every((count) => count > 0),
      issued.join(),
    );
    assert.equal(issued[0]! + issued[1]!, load.answered);
    const { text } = await primary.get('/metrics');
    assert.match(text, /^signet_workers_serving 2$/m);
    assert.equal(text.match(/^# TYPE signet_tokens_issued_total /gm)?.length, 1);
  });

  it('R03 fails no request on SIGTERM behind a load balancer that checks /readyz', async () => {
    const stays = await twoWorkers();
    const goes = await start(['--workers', '1', '--stop-delay', '2'], { SIGNET_PORT: '0' });
    const ready = new Set([stays, goes]);
    let balancing = true;
    const balancer = (async () => {
      while (balancing) {
        for (const server of [stays, goes]) {
          if ((await status(server, '/readyz')) === 200) ready.add(server);
          else ready.delete(server);
        }
        await sleep(100);
      }
    })();
    let turn = 0;
    const port = (): number => {
      turn += 1;
      return ([...ready][turn % ready.size] as WorkerProcesses).port;
    };
    // In the short form a pause leaves processor time to the server that stops.
    const pause = LONG ? 0 : 100;
    const loads = [true, false].map((keepAlive) => startLoad(issuer, { clients: 4, keepAlive, port, pause }));
    await sleep(300);
    const code = await goes.end('SIGTERM');
    await sleep(200);
    balancing = false;
    await balancer;
    for (const load of loads) await load.stop();
    assert.equal(code, 0);
    assert.deepEqual(
      loads.flatMap(({ failures }) => failures),
      [],
    );
    const answered = loads.reduce((sum, load) => sum + load.answered, 0);
    figure(`R03 SIGTERM under load behind readiness: 0 of ${answered} requests failed`);
  });

  it('R03 finishes requests under way on SIGTERM, and accepts no more', async () => {
    const primary = await twoWorkers();
    const pids = [...primary.pids.values()];
    const open = await sendHalf(primary.port);
    primary.signal('SIGTERM');
    await until(async () => (await status(primary, '/readyz')) === 503);
    // The port is closed when every worker has heard of it.
    await until(() =>
      fetch(`${issuer}/jwks`).then(
        () => false,
        () => true,
      ),
    );
    const answer = await open.finish();
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, /^connection: close$/im);
    assert.equal(await primary.ended, 0);
    assert.deepEqual(pids.filter(isAlive), []);
    await assert.rejects(token(issuer, {}), /fetch failed/);
  });

  itLong(
    'R02 is restarted by its supervisor when the primary is killed, and no orphan holds the port',
    async () => {
      await current?.end();
      const supervisor = await Supervisor.start(directory, ['--workers', '2'], { SIGNET_ISSUER: issuer });
      const { pids } = supervisor.processes;
      const load = startLoad(issuer, { clients: 4, keepAlive: true, pause: 20 });
      while (load.answered < 50) await sleep(10);
      const back = await supervisor.killPrimary();
      assert.deepEqual([...pids.values()].filter(isAlive), []);
      await load.stop();
      await supervisor.stop();
      figure(`R02 primary killed under load: serves again after ${back} ms, no orphan`);
    },
  );

  it('exits immediately on a second signal', async () => {
    const primary = await start(['--workers', '1'], { SIGNET_PORT: '0' });
    const open = await sendHalf(primary.port);
    primary.signal('SIGINT');
    await primary.said('stopping');
    assert.equal(await primary.end('SIGINT'), 1);
    assert.equal(await open.finish(), '');
    await until(() => ![...primary.pids.values()].some(isAlive));
  });

  describe('does not start', () => {
    let workplace: Workplace;
    beforeEach(() => {
      workplace = new Workplace();
    });
    afterEach(() => workplace.remove());

    const refused = async (env: Record<string, string>, message: RegExp): Promise<void> => {
      const ended = await workplace.run(['serve', '--workers', '3'], {
        env: { SIGNET_PORT: '0', SIGNET_MANAGEMENT_PORT: '0', SIGNET_LOG_LEVEL: 'error', ...env },
      });
      assert.match(ended.stderr, message);
      assert.deepEqual([ended.code, ended.stdout], [1, '']);
    };

    it('R12 with an invalid configuration, which is reported once', async () => {
      await refused({ SIGNET_STORE: 'nonsense:' }, /^error: [^\n]*nonsense[^\n]*\n$/);
    });

    it('R12 with a database in memory, which workers cannot share', async () => {
      await refused(
        { SIGNET_STORE: 'sqlite::memory:' },
        /^error: store: sqlite::memory: is private to one process[^\n]*\n$/,
      );
    });

    for (const variable of ['SIGNET_PORT', 'SIGNET_MANAGEMENT_PORT']) {
      // The worker finds the first, as it finds any other fault; the primary finds the second.
      const define = variable === 'SIGNET_PORT' ? itLong : it;
      define(`with a taken ${variable}`, async () => {
        const other = createServer().listen(0, '127.0.0.1');
        await once(other, 'listening');
        const { port } = other.address() as { port: number };
        await refused(
          { [variable]: String(port) },
          new RegExp(
            `^error: cannot listen on 127.0.0.1:${port}: another program is listening there; set ${variable}\n$`,
          ),
        );
        other.close();
      });
    }
  });

  /** A token request that lacks its last byte. */
  async function sendHalf(port: number): Promise<{ finish: () => Promise<string> }> {
    const body = 'grant_type=client_credentials&scope=messages:read';
    const head = [
      'POST /token HTTP/1.1',
      `Host: ${new URL(issuer).host}`,
      `Authorization: ${basic(MACHINE)}`,
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
    ];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const text = readAll(socket);
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, -1)}`);
    // Until a worker has accepted the connection.
    await sleep(100);
    return {
      finish: () => {
        if (socket.writable) socket.write(body.slice(-1));
        return text;
      },
    };
  }
});

/** By client credentials: of worker 1 and of worker 2. */
async function issuedTokens(primary: WorkerProcesses): Promise<number[]> {
  const { text } = await primary.get('/metrics');
  return [1, 2].map((worker) => {
    const line = new RegExp(
      `^signet_tokens_issued_total\\{(?=.*grant_type="client_credentials").*worker="${worker}".*\\} (\\d+)$`,
      'm',
    );
    return Number(line.exec(text)?.[1] ?? 0);
  });
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** 0 when the connection is refused. */
async function status(server: WorkerProcesses, path: string): Promise<number> {
  return await server.get(path).then(
    (answer) => answer.status,
    () => 0,
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
