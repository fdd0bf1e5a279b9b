import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Installation, MissingToolchainError, type Toolchain } from './toolchain.ts';

/** Clients from npm, with the manifest and lock file in `test/interop/npm`. */

const run = promisify(execFile);
const MANIFEST = join(import.meta.dirname, '../npm');
const FILES = ['package.json', 'package-lock.json', '.npmrc'];

/** @param packages those of the application, whose versions the page names, the client itself first */
export function npm(...packages: readonly [string, ...string[]]): Toolchain {
  return {
    ecosystem: 'npm',
    command: `npm install ${packages.map(nameToInstall).join(' ')}`,
    async install(cache) {
      const directory = await (installed ??= installAll(cache));
      return { directory, versions: readVersions(directory, packages) } satisfies Installation;
    },
  };
}

/** Of a second version that is installed under another name, the name and the major version. */
function nameToInstall(name: string): string {
  const manifest = JSON.parse(readFileSync(join(MANIFEST, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const alias = /^npm:(.+@\d+)\./.exec(manifest.dependencies[name] ?? '');
  return alias?.[1] ?? name;
}

let installed: Promise<string> | undefined;

/** `npm ci`, unless the cache has these exact packages. */
async function installAll(cache: string): Promise<string> {
  const directory = join(cache, 'npm');
  const lock = readFileSync(join(MANIFEST, 'package-lock.json'), 'utf8');
  const mark = join(directory, 'node_modules/.installed-lock.json');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return directory;
  mkdirSync(directory, { recursive: true });
  for (const name of FILES) copyFileSync(join(MANIFEST, name), join(directory, name));
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
