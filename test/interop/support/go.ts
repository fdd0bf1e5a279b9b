import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../support/find-or-install.ts';
import type { Stage } from './stage.ts';
import { type Installation, MissingToolchainError, type Toolchain } from './toolchain.ts';

/** Clients in Go: a module with a `go.mod` that pins its versions, or a program of a published module. */

const run = promisify(execFile);
const CLIENTS = join(import.meta.dirname, '../clients');
/** Where the archive of go.dev unpacks it. */
const DEFAULT_COMMAND = '/usr/local/go/bin/go';
const MAX_OUTPUT = 64 * 1024 * 1024;

/**
 * A client whose files are a module. `go build` in the directory of its files makes `app`.
 * @param name its folder
 * @param packages modules whose versions the page names, the client itself first
 */
export function goModule(name: string, ...packages: readonly [string, ...string[]]): Toolchain {
  return {
    ecosystem: 'Go',
    async install(cache) {
      const env = goEnvironment(cache);
      const source = join(CLIENTS, name, 'files');
      const directory = join(cache, 'go', name);
      mkdirSync(directory, { recursive: true });
      // A first build compiles the packages, which takes minutes and no run should wait for.
      const first = join(directory, 'first');
      rmSync(first, { recursive: true, force: true });
      cpSync(source, first, { recursive: true });
      await run('go', ['build', '-o', 'app', '.'], { cwd: first, env, maxBuffer: MAX_OUTPUT });
      const versions = readVersions(readFileSync(join(source, 'go.mod'), 'utf8'), packages);
      return { directory, versions, env } satisfies Installation;
    },
  };
}

/**
 * A program that `go install` builds.
 * @param path of its package, with the major version: `github.com/oauth2-proxy/oauth2-proxy/v7`
 * @param version `v7.15.6`
 */
export function goProgram(name: string, path: string, version: string): Toolchain {
  return {
    ecosystem: 'Go',
    async install(cache) {
      const directory = join(cache, 'go', `${name}@${version}`);
      const env = goEnvironment(cache);
      env.PATH = `${directory}${delimiter}${env.PATH}`;
      mkdirSync(directory, { recursive: true });
      if (!existsSync(join(directory, name))) {
        const options = { env: { ...env, GOBIN: directory }, maxBuffer: MAX_OUTPUT };
        await run('go', ['install', `${path}@${version}`], options);
      }
      return { directory, versions: { [name]: version.slice(1) }, env } satisfies Installation;
    },
  };
}

/** Modules and compiled packages are in the cache. @throws MissingToolchainError without Go */
function goEnvironment(cache: string): NodeJS.ProcessEnv & Record<string, string> {
  const command = findOnPath(['go']) ?? (existsSync(DEFAULT_COMMAND) ? DEFAULT_COMMAND : undefined);
  if (command === undefined)
    throw new MissingToolchainError('Go is missing', 'install Go: https://go.dev/dl');
  return {
    ...process.env,
    PATH: `${dirname(command)}${delimiter}${process.env.PATH ?? ''}`,
    GOMODCACHE: join(cache, 'go/modules'),
    GOCACHE: join(cache, 'go/build'),
    // Without it, the modules are read-only and the cache cannot be removed.
    GOFLAGS: '-modcacherw',
  };
}

/** @throws Error when `go.mod` does not require a package */
function readVersions(manifest: string, packages: readonly string[]): Record<string, string> {
  const required = new Map(
    [...manifest.matchAll(/^(?:require)?\s+(\S+) v(\S+)/gm)].map(([, path = '', version = '']) => [
      path,
      version,
    ]),
  );
  return Object.fromEntries(
    packages.map((path) => {
      const version = required.get(path);
      if (version === undefined) throw new Error(`go.mod does not require ${path}`);
      return [path, version];
    }),
  );
}

/** Builds `app` in the directory of the files, with the values of the run. */
export async function buildGo(stage: Stage): Promise<void> {
  await stage.program('go', ['build', '-o', 'app', '.']).end();
}
