import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Installation, MissingToolchainError, type Toolchain } from './toolchain.ts';

/** Clients from npm, with a manifest and a lock file in `test/interop/npm`, and in folders beside it for large ones. */

const run = promisify(execFile);
const INTEROP = join(import.meta.dirname, '..');
const FILES = ['package.json', 'package-lock.json', '.npmrc'];

/** @param packages those of the application, whose versions the page names, the client itself first */
export function npm(...packages: readonly [string, ...string[]]): Toolchain {
  return npmFrom('npm', ...packages);
}

/** @param folder of the manifest and the lock file */
export function npmFrom(folder: string, ...packages: readonly [string, ...string[]]): Toolchain {
  return {
    ecosystem: 'npm',
    command: `npm install ${packages.map((name) => nameToInstall(folder, name)).join(' ')}`,
    async install(cache) {
      const directory = await installOnce(folder, cache);
      return { directory, versions: readVersions(directory, packages) } satisfies Installation;
    },
  };
}

/** Of a second version that is installed under another name, the name and the major version. */
function nameToInstall(folder: string, name: string): string {
  const manifest = JSON.parse(readFileSync(join(INTEROP, folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const alias = /^npm:(.+@\d+)\./.exec(manifest.dependencies[name] ?? '');
  return alias?.[1] ?? name;
}

const installed = new Map<string, Promise<string>>();

async function installOnce(folder: string, cache: string): Promise<string> {
  const running = installed.get(folder) ?? installAll(folder, cache);
  installed.set(folder, running);
  return await running;
}

/** `npm ci`, unless the cache has these exact packages. */
async function installAll(folder: string, cache: string): Promise<string> {
  const manifest = join(INTEROP, folder);
  const directory = join(cache, folder);
  const lock = readFileSync(join(manifest, 'package-lock.json'), 'utf8');
  const mark = join(directory, 'node_modules/.installed-lock.json');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return directory;
  mkdirSync(directory, { recursive: true });
  for (const name of FILES) copyFileSync(join(manifest, name), join(directory, name));
  try {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit'], { cwd: directory });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new MissingToolchainError('npm is missing', 'install Node.js with npm');
  }
  writeFileSync(mark, lock);
  return directory;
}

function readVersions(directory: string, packages: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    packages.map((name) => {
      const path = join(directory, 'node_modules', name, 'package.json');
      const found = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
      // The name is another one where two versions of a package are installed.
      return [found.name, found.version];
    }),
  );
}
