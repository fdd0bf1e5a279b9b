import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { COMMAND, finish, type Finished } from '../cli/run-signet.ts';
import { authorizationRequest, authorize, redeem, signIn } from '../support/flow.ts';
import { itLong } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { startServerProcess } from '../support/server-process.ts';
import { skip } from '../support/skip.ts';
import { UserAgent } from '../support/user-agent.ts';
import { freeIssuer } from '../support/worker-processes.ts';

/** From util-linux: changes the limits of a running process. */
const PRLIMIT = 'prlimit';

describe('a server whose database file fails', function () {
  this.timeout(60_000);
  let directory: string;
  let env: { SIGNET_ISSUER: string; SIGNET_LOG_LEVEL: string };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-disk-'));
    env = { SIGNET_ISSUER: await freeIssuer(), SIGNET_LOG_LEVEL: 'info' };
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const database = (): string => join(directory, 'data', 'signet.db');

  /** A database that is not in use. */
  async function makeDatabase(): Promise<void> {
    const store = await openStore(`sqlite:${database()}`, { clock: Date.now });
    await store.close();
    assert.ok(existsSync(database()));
  }

  /** @param wrapper a command that runs the command after it */
  async function serve(...wrapper: string[]): Promise<Finished> {
    const [command, ...args] = [...wrapper, process.execPath, COMMAND, 'serve'];
    const child = spawn(command, args, {
      cwd: directory,
      env: { PATH: process.env.PATH ?? '', SIGNET_MANAGEMENT_PORT: '0', ...env },
    });
    return await finish(child);
  }

  function assertRefused({ code, stdout, stderr }: Finished, message: RegExp): void {
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, message);
  }

  it('R08 disk full: 503 with Retry-After until there is space, and nothing is half-consumed', async function () {
    if (process.platform !== 'linux') skip(this, 'prlimit is missing', 'run it on Linux');
    const issuer = env.SIGNET_ISSUER;
    const server = await startServerProcess(directory, env);
    try {
      // A limit on the file size has the same effect as a full disk, for this process only.
      const limitFiles = (bytes: string): unknown =>
        execFileSync(PRLIMIT, ['--pid', String(server.child.pid), `--fsize=${bytes}:`]);
      const request = authorizationRequest(issuer, { scope: 'openid offline_access', prompt: 'consent' });
      const callback = await authorize(new UserAgent(), request);
      const code = callback.searchParams.get('code') as string;
      limitFiles('0');
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { response } = await redeem(issuer, code, request);
        assert.equal(response.status, 503);
        assert.ok(response.headers.has('retry-after'));
      }
      assert.equal((await fetch(`${issuer}/jwks`)).status, 200);
      limitFiles('unlimited');
      const { response } = await redeem(issuer, code, request);
      assert.equal(response.status, 200);
      await signIn(issuer);
    } finally {
      await server.end('SIGINT');
    }
    figure('R08 disk full: a code is answered with 503, and with tokens when there is space');
  });

  it('R08 read-only at the next start: the server does not start', async () => {
    await makeDatabase();
    chmodSync(database(), 0o400);
    // Root may write to every file unless it drops that capability.
    const asOthers = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : [];
    assertRefused(await serve(...asOthers), /^error: the database \S*signet\.db cannot be /);
  });

  // In the short form, a server in the process of the test warns: emptied-store.slow.test.ts.
  itLong('R08 missing at the next start: a new one is created, with a warning', async () => {
    const first = await startServerProcess(directory, env);
    assert.doesNotMatch(first.output, /the store is empty/);
    await first.end('SIGINT');
    const second = await startServerProcess(directory, env);
    assert.doesNotMatch(second.output, /the store is empty/);
    await second.end('SIGINT');
    rmSync(database());
    const third = await startServerProcess(directory, env);
    await third.end('SIGINT');
    assert.match(
      third.output,
      /"level":"?(?:40|warn)"?.*the store is empty, but the keys in \S+ are not new/,
    );
  });
});
