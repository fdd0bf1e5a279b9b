import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstall, INSTALL_TIMEOUT } from './find-or-install.ts';
import { skip } from './skip.ts';

/**
 * SoftHSM2 from the distribution, a token of its own for each test file, and pkcs11js, which speaks PKCS#11. That package has to be
 * compiled where it is used; here that is one call of the compiler on its three files with the headers that come with Node, so that
 * neither node-gyp nor Python nor a download of headers is needed.
 */

const run = promisify(execFile);

const PACKAGE = 'pkcs11js@2.1.7';
/** Of the package in the npm registry. */
const INTEGRITY =
  'sha512-hstUuhkFoISF8BmTVRtaZzbF09WjE39K3gzZzUrI8WtRu4cYl4gakkd06I4Kq36kR/mkwVw2T2y3kHXk6JvuHQ==';
const COMPILE_TIMEOUT = 120_000;

const LIBRARIES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so'];

export const PIN = 'pin-of-the-tests-4711';

let found: Promise<{ library: string; binding: string }> | undefined;

/** For the `before` hook of a test: the suite is skipped, with a hint, where something is missing and cannot be installed. */
export async function needSoftHsm(context: Mocha.Context): Promise<void> {
  context.timeout(2 * INSTALL_TIMEOUT + COMPILE_TIMEOUT + 60_000);
  found ??= prepare();
  try {
    await found;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    skip(context, `SoftHSM2 cannot be used: ${reason}`, 'apt-get install softhsm2 g++, and npm on PATH');
  }
}

async function prepare(): Promise<{ library: string; binding: string }> {
  if ((await findOrInstall(['softhsm2-util'], 'softhsm2')) === undefined) throw new Error('it is missing');
  const library = LIBRARIES.find((path) => existsSync(path));
  if (library === undefined) throw new Error('its library is not where Debian and Fedora have it');
  return { library, binding: await findOrBuildBinding() };
}

/** @returns the directory of pkcs11js, compiled for this Node; made once for each user */
async function findOrBuildBinding(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'signet-tests');
  const home = join(cache, `${PACKAGE}-${process.platform}-${process.arch}-${process.versions.modules}`);
  const binding = join(home, 'node_modules', 'pkcs11js');
  if (existsSync(home)) return binding;
  const compiler = await findOrInstall(['g++', 'c++', 'clang++'], 'g++');
  if (compiler === undefined) throw new Error('there is no C++ compiler');
  const headers = join(dirname(dirname(process.execPath)), 'include', 'node');
  if (!existsSync(headers)) throw new Error('this Node has no headers beside it');
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    await download(building);
    await compile(compiler, headers, join(building, 'node_modules', 'pkcs11js'));
    putInPlace(building, home);
    return binding;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

async function download(directory: string): Promise<void> {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', directory];
  await run('npm', ['install', ...options, PACKAGE], { timeout: COMPILE_TIMEOUT });
  const lock = readFileSync(join(directory, 'node_modules', '.package-lock.json'), 'utf8');
  if (!lock.includes(INTEGRITY)) throw new Error('npm brought another pkcs11js than the expected one');
}

async function compile(compiler: string, headers: string, directory: string): Promise<void> {
  const output = join(directory, 'build', 'Release');
  mkdirSync(output, { recursive: true });
  const sources = ['dl.cpp', 'common.cpp', 'main.cpp'].map((name) => join('src', name));
  const flags = ['-shared', '-fPIC', '-std=c++17', '-O1', '-w', '-DNODE_GYP_MODULE_NAME=pkcs11'];
  const defines = ['-DNAPI_DISABLE_CPP_EXCEPTIONS', '-DBUILDING_NODE_EXTENSION'];
  const includes = ['-I', headers, '-I', 'includes'];
  const target = ['-o', join(output, 'pkcs11.node')];
  await run(compiler, [...flags, ...defines, ...includes, ...sources, ...target], {
    cwd: directory,
    timeout: COMPILE_TIMEOUT,
  });
}

/** A concurrent process may have built it already. */
function putInPlace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

export interface TestToken {
  /** PKCS#11 URI of it. */
  readonly uri: string;
  /** What goes into the configuration. */
  readonly settings: { uri: string; pin: string; binding: string };
  readonly directory: string;
  /** Removes the token, as when it is unplugged, and puts it back. */
  remove(): void;
  putBack(): void;
  /** Deletes the token. */
  stop(): void;
}

/**
 * Makes a token. SoftHSM2 reads the place of its tokens from the environment of the process, so one test file has one at a time.
 * @param label as of `token=` in the URI
 */
export async function makeToken(label = 'signet'): Promise<TestToken> {
  if (found === undefined) throw new Error('needSoftHsm comes first');
  const { library, binding } = await found;
  const directory = mkdtempSync(join(tmpdir(), 'signet-softhsm-'));
  const tokens = join(directory, 'tokens');
  const aside = join(directory, 'aside');
  mkdirSync(tokens);
  const configuration = join(directory, 'softhsm2.conf');
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env.SOFTHSM2_CONF = configuration;
  await run('softhsm2-util', ['--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', PIN]);
  const uri = `pkcs11:token=${encodeURIComponent(label)}?module-path=${library}`;
  const [name] = readdirSync(tokens);
  if (name === undefined) throw new Error('softhsm2-util made no token');
  return {
    uri,
    settings: { uri, pin: PIN, binding },
    directory,
    remove: () => renameSync(join(tokens, name), aside),
    putBack: () => renameSync(aside, join(tokens, name)),
    stop: () => rmSync(directory, { recursive: true, force: true }),
  };
}
