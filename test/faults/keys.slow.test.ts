import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyRing } from '../../src/signing/ring.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import { openStore } from '../../src/store/open.ts';
import { COMMAND, finish, type Finished } from '../cli/run-signet.ts';

const masterKey = (): string => randomBytes(32).toString('base64');

describe('R11 a server with unusable signing keys exits before it listens, and names the cause', function () {
  this.timeout(60_000);
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'signet-keys-'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  async function serve(directory: string, env: Record<string, string> = {}): Promise<Finished> {
    const child = spawn(process.execPath, [COMMAND, 'serve'], {
      cwd: directory,
      env: { PATH: process.env.PATH ?? '', SIGNET_PORT: '0', SIGNET_MANAGEMENT_PORT: '0', ...env },
    });
    return await finish(child);
  }

  function assertRefused({ code, stdout, stderr }: Finished, message: RegExp): void {
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at |privateJwk|"d"/m);
  }

  const damages: [what: string, damage: (path: string) => void, message: RegExp][] = [
    [
      'corrupt',
      (path) => writeFileSync(path, readFileSync(path).subarray(0, 900)),
      /^error: \S*0001-RS256\.json is not a private signing key/,
    ],
    [
      'readable by others',
      (path) => chmodSync(path, 0o644),
      /^error: \S*0001-RS256\.json can be read by others/,
    ],
    [
      'there twice',
      (path) => copyFileSync(path, path.replace('0001', '0002')),
      /^error: \S*0002-RS256\.json holds the same key as \S*0001/,
    ],
  ];

  it('a key file', async () => {
    const source = join(root, 'good');
    await openKeyRing({ source: keyFiles(source), clock: Date.now, onCreate: () => {} });
    const [name] = readdirSync(source) as [string];
    const ended = damages.map(async ([what, damage, message]) => {
      const directory = join(root, what);
      mkdirSync(join(directory, 'keys'), { recursive: true, mode: 0o700 });
      const path = join(directory, 'keys', name);
      copyFileSync(join(source, name), path);
      damage(path);
      assertRefused(await serve(directory), message);
    });
    await Promise.all(ended);
  });

  it('the master key', async () => {
    const directory = join(root, 'stored');
    const store = await openStore(`sqlite:${join(directory, 'data', 'signet.db')}`, { clock: Date.now });
    await openKeyRing({
      source: storedKeys(store, parseMasterKeys(masterKey()), Date.now),
      clock: Date.now,
      onCreate: () => {},
    });
    await store.close();
    const other = masterKey();
    const ended = await serve(directory, { SIGNET_KEYS: 'store', SIGNET_MASTER_KEY: other });
    assertRefused(ended, /^error: .*the master key [0-9a-f]{12} is missing/);
    assert.ok(!ended.stderr.includes(other));
  });
});

describe('R12 a server with an invalid configuration', () => {
  it('exits before it listens, and lists all problems', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-config-'));
    writeFileSync(
      join(directory, 'signet.yaml'),
      'issuer: http://login.example.com\nkeys: store\nisuer: x\ncolour: blue\n',
    );
    const child = spawn(process.execPath, [COMMAND, 'serve'], {
      cwd: directory,
      env: { PATH: process.env.PATH ?? '' },
    });
    const { code, stdout, stderr } = await finish(child);
    rmSync(directory, { recursive: true, force: true });
    assert.deepEqual([code, stdout], [1, '']);
    const problems = [
      /^ +colour: unknown key$/m,
      /^ +isuer: unknown key; did you mean issuer\?$/m,
      /^ +issuer: must be https/m,
      /^ +.*SIGNET_MASTER_KEY/m,
    ];
    for (const problem of problems) assert.match(stderr, problem);
  });
});
