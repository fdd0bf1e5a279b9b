import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND, finish, type Finished } from '../cli/run-signet.ts';
import { authorizationRequest, authorize, redeem, signIn } from '../support/flow.ts';
import { figure } from '../support/reporter.ts';
import { startServerProcess } from '../support/server-process.ts';
import { skip } from '../support/skip.ts';
import { UserAgent } from '../support/user-agent.ts';
import { freeIssuer } from '../support/worker-processes.ts';

/** Of util-linux: changes the limits of a process that runs. */
const PRLIMIT = 'prlimit';

describe('A server whose database file lets it down', function () {
  this.timeout(60_000);
  let directory: string;
  let env: { SIGNET_ISSUER: string; SIGNET_LOG_LEVEL: string };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-disk-'));
    env = { SIGNET_ISSUER: await freeIssuer(), SIGNET_LOG_LEVEL: 'info' };
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const database = (): string => join(directory, 'data', 'signet.db');

  /** A database with something in it, and nobody who serves from it. */
  async function servedOnce(): Promise<void> {
    const server = await startServerProcess(directory, env);
    await server.end('SIGINT');
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

  it('R08 disk full: 503 with Retry-After, nothing is half-consumed, and over when there is space', async function () {
    if (process.platform !== 'linux') skip(this, 'prlimit is missing', 'run it on Linux');
    const issuer = env.SIGNET_ISSUER;
    const server = await startServerProcess(directory, env);
    try {
      // A file that may not grow is as good as a full disk, and harms nobody else.
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

  it('R08 read-only at the next start: refused', async () => {
    await servedOnce();
    chmodSync(database(), 0o400);
    // Root may write everywhere unless it gives that up.
    const asOthers = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : [];
    assertRefused(await serve(...asOthers), /^error: the database \S*signet\.db cannot be /);
  });

  it('R08 missing at the next start: an empty one takes its place, but not silently', async () => {
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
