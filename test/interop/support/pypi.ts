import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Installation, MissingToolchainError, type Toolchain } from './toolchain.ts';

/** Clients from PyPI: one virtual environment for each requirements file, which pins every package. */

const run = promisify(execFile);
const CLIENTS = join(import.meta.dirname, '../clients');
const MARK = '.installed-requirements.txt';
/** Of Python, which the pinned packages need. */
const MINIMUM = '3.11';

/**
 * @param name folder of the client whose `requirements.txt` is installed
 * @param packages those whose versions the page names, the client itself first
 */
export function pypi(name: string, ...packages: readonly [string, ...string[]]): Toolchain {
  return {
    ecosystem: 'PyPI',
    async install(cache) {
      const requirements = readFileSync(join(CLIENTS, name, 'requirements.txt'), 'utf8');
      const directory = join(cache, 'pypi', name);
      await installOnce(directory, requirements);
      const env = { PATH: `${join(directory, 'bin')}:${process.env.PATH ?? ''}`, PYTHONUNBUFFERED: '1' };
      return { directory, versions: readVersions(requirements, packages), env } satisfies Installation;
    },
  };
}

/** @throws MissingToolchainError without a Python that is new enough and has `venv` */
async function installOnce(directory: string, requirements: string): Promise<void> {
  const mark = join(directory, MARK);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === requirements) return;
  const hint = `install Python ${MINIMUM} or newer with venv: apt-get install python3 python3-venv`;
  await python(['-c', `import sys; sys.exit(sys.version_info < (${MINIMUM.replace('.', ', ')}))`]).catch(
    () => {
      throw new MissingToolchainError(`Python ${MINIMUM} is missing`, hint);
    },
  );
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await python(['-m', 'venv', directory]).catch(() => {
    throw new MissingToolchainError('venv of Python is missing', hint);
  });
  const file = join(directory, 'requirements.txt');
  writeFileSync(file, requirements);
  const options = ['install', '--quiet', '--disable-pip-version-check', '--requirement', file];
  await run(join(directory, 'bin/pip'), options);
  writeFileSync(mark, requirements);
}

async function python(args: readonly string[]): Promise<void> {
  await run('python3', [...args]);
}

/** @throws Error when a package is not pinned */
function readVersions(requirements: string, packages: readonly string[]): Record<string, string> {
  const pinned = new Map(
    requirements.split('\n').map((line) => {
      const [name = '', version = ''] = line.split('==');
      return [name.toLowerCase().replaceAll('_', '-'), version.trim()];
    }),
  );
  return Object.fromEntries(
    packages.map((name) => {
      const version = pinned.get(name.toLowerCase());
      if (version === undefined) throw new Error(`requirements.txt does not pin ${name}`);
      return [name, version];
    }),
  );
}
