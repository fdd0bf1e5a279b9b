import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Finds or installs programs that npm does not have. */

const run = promisify(execFile);

/** Milliseconds for finding and installing one program, for the timeout of the hook. */
export const INSTALL_TIMEOUT = 240_000;
const UPDATE_TIMEOUT = 90_000;

const APT_OPTIONS = [
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'DPkg::Lock::Timeout=60',
];

/**
 * The path of a program: from PATH, or where this process may (root on Debian or Ubuntu) after installing its package.
 * Takes at most `INSTALL_TIMEOUT`.
 * @param names its names on PATH, the preferred one first
 * @returns undefined when it is missing and cannot be installed here
 */
export async function findOrInstall(
  names: readonly string[],
  debianPackage: string,
): Promise<string | undefined> {
  return await installUnless(() => findOnPath(names), debianPackage);
}

/** The same for a file that is no program, for instance a module of a server. */
export async function findOrInstallFile(path: string, debianPackage: string): Promise<string | undefined> {
  return await installUnless(() => (existsSync(path) ? path : undefined), debianPackage);
}

async function installUnless(
  find: () => string | undefined,
  debianPackage: string,
): Promise<string | undefined> {
  const found = find();
  if (found !== undefined || !mayInstall()) return found;
  try {
    await install(debianPackage);
  } catch (error) {
    console.error(`Installing ${debianPackage} failed: ${String(error)}`);
  }
  return find();
}

/** The path of the first of these programs that is on PATH. */
export function findOnPath(names: readonly string[]): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mayInstall(): boolean {
  return (
    existsSync('/etc/debian_version') && process.getuid?.() === 0 && findOnPath(['apt-get']) !== undefined
  );
}

/** With a lock: test files run in parallel, and `apt-get update` fails when another one runs. */
async function install(debianPackage: string): Promise<void> {
  console.error(`Installing ${debianPackage} with apt-get, once …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const alone = [join(tmpdir(), 'signet-tests-apt.lock'), 'apt-get', ...APT_OPTIONS];
  await run('flock', [...alone, 'update'], { env, timeout: UPDATE_TIMEOUT });
  await run('flock', [...alone, 'install', '-y', '--no-install-recommends', debianPackage], {
    env,
    timeout: INSTALL_TIMEOUT - UPDATE_TIMEOUT,
    maxBuffer: 64 * 1024 * 1024,
  });
}
