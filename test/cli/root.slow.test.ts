import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { placeSigningKeys } from '../support/signing-key.ts';
import { skip } from '../support/skip.ts';
import { COMMAND, finish, Workplace } from './run-signet.ts';

/** Of the service. No user with this id needs to exist. */
const SERVICE = { uid: 64_123, gid: 64_124 };
const ENV = { PATH: process.env.PATH ?? '', SIGNET_PORT: '0', SIGNET_MANAGEMENT_PORT: '0' };

describe('A command run as root in the directory of the service', function () {
  this.timeout(60_000);
  let workplace: Workplace;

  before(function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can become another user', 'run the tests as root');
    const { status } = spawnSync(process.execPath, [COMMAND, '--version'], SERVICE);
    if (status !== 0)
      skip(this, 'another user cannot read this checkout', 'move it to where others can read it');
  });
  beforeEach(() => {
    workplace = new Workplace({ store: false, ownProcess: false });
    chownSync(workplace.directory, SERVICE.uid, SERVICE.gid);
    chmodSync(workplace.directory, 0o700);
  });
  afterEach(() => workplace.remove());

  it('creates everything that the service uses, also in directories of its own, and when it is killed', async () => {
    await serveAs({ uid: 0, gid: 0 }, async () => assert.deepEqual(foreignFiles(), []), 'SIGKILL');
    assert.ok(readdirSync(join(workplace.directory, 'data')).includes('signet.db-wal'));
    assert.deepEqual(foreignFiles(), []);
    assert.deepEqual(modes(), ['100600', '40700']);
    await changeAsRoot('bob');
    await asRoot(['backup', 'copy.signet']);
    await asRoot(['store', 'migrate', 'sqlite:data/signet.db', 'sqlite:new/deep/signet.db']);
    const env = { SIGNET_STORE: 'sqlite:restored/signet.db' };
    assert.equal((await workplace.run(['restore', 'copy.signet'], { env })).code, 0);
    assert.deepEqual(foreignFiles(), []);
    assert.deepEqual(modes(), ['100600', '40700']);
    await serveAs(SERVICE);
  });

  it('changes files of the service, while it runs and afterwards, which the service can still use', async () => {
    await placeSigningKeys(join(workplace.directory, 'keys'));
    for (const path of entries()) chownSync(path, SERVICE.uid, SERVICE.gid);
    await serveAs(SERVICE, async () => {
      await changeAsRoot('bob');
      assert.deepEqual(foreignFiles(), []);
    });
    await changeAsRoot('carol');
    assert.deepEqual(foreignFiles(), []);
    const { stdout } = await as(SERVICE, ['user', 'list']);
    assert.match(stdout, /bob[^]*carol/);
  });

  async function changeAsRoot(username: string): Promise<void> {
    await asRoot(['keys', 'rotate']);
    await asRoot(['user', 'add', username, '--no-password']);
    const access = ['--grant', 'client_credentials', '--scope', 'messages:read'];
    await asRoot(['client', 'add', '--id', `job-of-${username}`, ...access]);
  }

  async function asRoot(args: readonly string[]): Promise<void> {
    const { code, stderr } = await workplace.run(args);
    assert.deepEqual([code, stderr], [0, '']);
  }

  function as(user: typeof SERVICE, args: readonly string[]) {
    return finish(
      spawn(process.execPath, [COMMAND, ...args], { cwd: workplace.directory, env: ENV, ...user }),
    );
  }

  /** Starts a server, waits until it serves, and stops it. */
  async function serveAs(
    user: typeof SERVICE,
    meanwhile: () => Promise<void> = async () => {},
    signal: NodeJS.Signals = 'SIGINT',
  ): Promise<void> {
    const child = spawn(process.execPath, [COMMAND, 'serve'], {
      cwd: workplace.directory,
      env: ENV,
      ...user,
    });
    const ended = finish(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await Promise.race([
      ended,
      new Promise<void>((resolve) => {
        child.stdout.on('data', () => {
          if (output.includes('signet is serving')) resolve();
        });
      }),
    ]);
    await meanwhile();
    child.kill(signal);
    const { stderr, code } = await ended;
    assert.equal(stderr, '');
    assert.equal(code, signal === 'SIGINT' ? 0 : null);
  }

  /** Files that do not belong to the service. */
  function foreignFiles(): string[] {
    return entries().filter((path) => {
      const { uid, gid } = lstatSync(path);
      return uid !== SERVICE.uid || gid !== SERVICE.gid;
    });
  }

  /** File types and permissions in octal digits. */
  function modes(): string[] {
    return [...new Set(entries().map((path) => lstatSync(path).mode.toString(8)))].sort();
  }

  function entries(): string[] {
    return readdirSync(workplace.directory, { recursive: true }).map((name) =>
      join(workplace.directory, String(name)),
    );
  }
});
