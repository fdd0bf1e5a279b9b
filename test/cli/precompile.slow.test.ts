import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { itLong } from '../support/long-form.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { OLD_NODE } from './old-node.ts';
import { finish, type Finished, untilItSays } from './run-signet.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Of compiled modules, and beside it the bundle. */
const CACHE = 'node_modules/.cache/signet';
const BUNDLED_ENTRY = 'node_modules/.cache/signet-bundle/main.js';
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: { prepare: string };
};

describe('npm ci', function () {
  this.timeout(60_000);
  const directories: string[] = [];
  const makeDirectory = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-clone-'));
    directories.push(directory);
    return directory;
  };
  const makeWorkplace = async (): Promise<string> => {
    const directory = makeDirectory();
    await placeSigningKeys(join(directory, 'keys'));
    return directory;
  };
  const makeClone = (): string => {
    const clone = makeDirectory();
    cpSync(join(ROOT, 'package.json'), join(clone, 'package.json'));
    return clone;
  };
  after(() => {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  let clone: string;
  let files: string[];
  let prepared: Finished;
  before(async () => {
    clone = makeClone();
    copyProgram(clone);
    files = filesIn(clone);
    placeOldBundle(clone);
    prepared = await prepare(clone, OLD_NODE);
  });

  // An old Node starts the Node that runs Signet, which does the work.
  it('compiles every module that a server loads, and does nothing else', async () => {
    const { code, stdout, stderr } = prepared;
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
    assert.deepEqual(
      filesIn(clone).filter((path) => !path.startsWith(CACHE)),
      files,
    );

    const compiled = cachedIn(clone);
    assert.ok(compiled.length > 300, String(compiled.length));
    await startAndStop(join(clone, 'bin/signet.js'), await makeWorkplace());
    assert.deepEqual(cachedIn(clone), compiled);
  });

  it('bundles the modules, for every start until a source changes, and not after the directory was moved', async () => {
    const data = makeDirectory();
    const output = async (place = clone): Promise<string> => {
      const { code, stdout } = await finish(
        spawn(process.execPath, [join(place, 'bin/signet.js'), '--version'], { cwd: data }),
      );
      assert.equal(code, 0);
      return stdout;
    };
    const version = await output();
    assert.doesNotMatch(version, /outdated/);
    appendFileSync(join(clone, BUNDLED_ENTRY), "\nconsole.log('bundled');");
    assert.equal(await output(), `bundled\n${version}`);
    const moved = `${clone}-moved`;
    renameSync(clone, moved);
    assert.equal(await output(moved), version);
    renameSync(moved, clone);
    appendFileSync(join(clone, 'src/cli/output.ts'), '// A change.\n');
    assert.equal(await output(), version);
  });

  itLong('compiles them with the Node that runs Signet too', async () => {
    const other = makeClone();
    copyProgram(other);
    const { code, stdout, stderr } = await prepare(other);
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
    const compiled = cachedIn(other);
    assert.ok(compiled.length > 300, String(compiled.length));
    await startAndStop(join(other, 'bin/signet.js'), await makeWorkplace());
    assert.deepEqual(cachedIn(other), compiled);
  });

  it('succeeds without the program, as in a Dockerfile that copies it later', async () => {
    const empty = makeClone();
    const { code, stdout, stderr } = await prepare(empty);
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
    cpSync(join(ROOT, 'bin'), join(empty, 'bin'), { recursive: true });
    assert.equal((await prepare(empty)).code, 0);
  });
});

/** Runs the script that npm runs at the end of an installation. */
function prepare(clone: string, node = process.execPath): Promise<Finished> {
  return finish(spawn('/bin/sh', ['-c', scripts.prepare], { cwd: clone, env: { PATH: dirname(node) } }));
}

/** All files of a clone, without the packages. */
function filesIn(clone: string): string[] {
  return readdirSync(clone, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('node_modules/') || path.startsWith(CACHE))
    .sort();
}

function cachedIn(clone: string): string[] {
  return filesIn(clone).filter((path) => path.startsWith(CACHE));
}

/** The packages are links, so that the clone has its own cache beside them. */
function copyProgram(clone: string): void {
  for (const name of ['bin', 'src', 'views', 'locales'])
    cpSync(join(ROOT, name), join(clone, name), { recursive: true });
  mkdirSync(join(clone, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((entry) => entry !== '.cache'))
    symlinkSync(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name));
}

/** The bundle of an installation before the sources were changed. */
function placeOldBundle(clone: string): void {
  const entry = join(clone, BUNDLED_ENTRY);
  mkdirSync(dirname(entry), { recursive: true });
  writeFileSync(entry, "export const main = () => console.log('outdated');");
  const manifest = { address: pathToFileURL(join(clone, 'src/')).href, files: [['main.ts', 0, 0]] };
  writeFileSync(join(dirname(entry), 'manifest.json'), JSON.stringify(manifest));
}

/** Without the compile cache of the tests. */
async function startAndStop(command: string, directory: string): Promise<void> {
  const server = spawn(process.execPath, [command, 'serve'], {
    cwd: directory,
    env: { SIGNET_PORT: '0', SIGNET_MANAGEMENT_PORT: '0' },
  });
  await untilItSays(server, 'signet is serving');
  server.kill('SIGTERM');
  assert.equal((await finish(server)).code, 0);
}
