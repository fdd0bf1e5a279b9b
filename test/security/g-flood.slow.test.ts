import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { authorizationRequest, MACHINE, token } from '../support/flow.ts';
import { figure } from '../support/reporter.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

const FLOOD = new URL('support/flood-worker.ts', import.meta.url);

describe('G: floods of sign-ins', () => {
  const path = temporaryDirectory();
  let server: ServerProcess | undefined;
  afterEach(async () => void (await server?.end('SIGINT')));

  row('G14', `${LONG ? 200 : 40} concurrent sign-ins with a password of 1 MB`, '400', async () => {
    const issuer = `http://localhost:${await freePort()}`;
    server = await startServerProcess(path('.'), { SIGNET_ISSUER: issuer });
    const { pid } = server.child;
    const ask = async () => {
      const started = performance.now();
      const { response } = await token(issuer, { grant_type: 'client_credentials' }, MACHINE);
      assert.equal(response.status, 200);
      return performance.now() - started;
    };
    const idle = [];
    for (let index = 0; index < (LONG ? 200 : 50); index += 1) idle.push(await ask());
    const page = await SignInPage.open({ issuer }, '203.0.113.1');
    const before = memory(pid, 'VmRSS');
    const { path: action, headers, body } = page.asRequest('x'.repeat(1_000_000), 'alice');
    const workerData = { url: issuer + action, headers, body, count: LONG ? 200 : 40 };
    let done = false;
    const sending = once(new Worker(FLOOD, { workerData }), 'message').finally(() => (done = true));
    const busy = [];
    do busy.push(await ask());
    while (!done);
    const [statuses] = (await sending) as [number[]];
    const grown = memory(pid, 'VmHWM') - before;
    figure(
      `G14: +${grown} MB; p99 of /token ${p99(idle)} ms idle, ${p99(busy)} ms meanwhile (${busy.length})`,
    );
    return [...new Set(statuses)].join();
  }).timeout(120_000);
});

describe('G: addresses through nginx', () => {
  const stage = useStage(
    // Memory and times are measured: hashing costs what it does in production.
    { limits: { authorizationRequests: 20 }, passwords: QUICK_PASSWORDS },
    { proxy: true },
  );

  row('G12', '200 spoofed addresses', 'one address: 20 pass', async () => {
    let passed = 0;
    for (let index = 0; index < 200; index += 1) {
      const ip = `203.0.113.${index}`;
      const response = await new UserAgent().get(authorizationRequest(stage.issuer).url, {
        'X-Forwarded-For': ip,
        'X-Real-IP': ip,
        Forwarded: `for=${ip}`,
      });
      await response.body?.cancel();
      if (response.status !== 429) passed += 1;
    }
    return `one address: ${passed} pass`;
  });
});

/** Resident memory of the process, in megabytes. */
function memory(pid: number | undefined, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1]) / 1024);
}

function p99(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return Math.round((sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 10) / 10;
}
