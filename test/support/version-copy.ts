import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { skip } from './skip.ts';

/** Another version of this repository from its history, with its dependencies, so that a test can start it. */

/**
 * The last commit before the changelog of 0.1.1: its `package.json` says 0.1.0, its source is that of both releases, and it made the
 * fixtures of 0.1.0 in `test/store/fixtures`.
 */
export const RELEASED_0_1 = '87313d2b838e213c2c92aed661dcaa8d95dc5be5';

export const REPOSITORY = join(import.meta.dirname, '../..');
const MODULES = join(REPOSITORY, 'node_modules');
const run = promisify(execFile);

/** The version is not in this clone, or its packages cannot be installed. */
export class VersionMissingError extends Error {
  override readonly name = 'VersionMissingError';
  readonly hint: string;

  constructor(reason: string, hint: string, options?: ErrorOptions) {
    super(reason, options);
    this.hint = hint;
  }
}

export interface VersionCopy {
  /** With `bin/signet.js` and `node_modules`. */
  directory: string;
  remove: () => void;
}

/**
 * Copies a commit out of the history into a temporary directory: Node refuses TypeScript below `node_modules`.
 * @param commit anything that git resolves
 * @throws VersionMissingError
 */
export async function copyVersion(commit: string): Promise<VersionCopy> {
  const hash = await resolve(commit);
  const directory = mkdtempSync(join(tmpdir(), 'signet-version-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    await extract(hash, directory);
    await addPackages(directory);
    return { directory, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** For the `before` hook of a test: the suite is skipped, with a hint, where the version is missing. */
export async function needVersion(context: Mocha.Context, commit: string): Promise<VersionCopy> {
  // Packages may have to be installed.
  context.timeout(180_000);
  try {
    return await copyVersion(commit);
  } catch (error) {
    if (!(error instanceof VersionMissingError)) throw error;
    return skip(context, error.message, error.hint, { allowedInCi: true });
  }
}

async function resolve(commit: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['rev-parse', '--verify', '--quiet', `${commit}^{commit}`], {
      cwd: REPOSITORY,
    });
    return stdout.trim();
  } catch (error) {
    throw new VersionMissingError(
      `the version of commit ${commit.slice(0, 7)} is not in this clone`,
      'git fetch --unshallow',
      {
        cause: error,
      },
    );
  }
}

async function extract(hash: string, directory: string): Promise<void> {
  const git = spawn('git', ['archive', hash], { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] });
  const tar = spawn('tar', ['-x', '-C', directory], { stdio: [git.stdout, 'inherit', 'inherit'] });
  for (const [code] of await Promise.all([once(git, 'exit'), once(tar, 'exit')])) {
    if (code !== 0) throw new Error(`git archive | tar ended with ${code}`);
  }
}

/** Those of this checkout where they are the same, otherwise its own from the registry. */
async function addPackages(directory: string): Promise<void> {
  if (hasSamePackages(directory)) {
    symlinkSync(MODULES, join(directory, 'node_modules'));
    return;
  }
  try {
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  } catch (error) {
    throw new VersionMissingError(
      'the packages of an older version are missing',
      'connect to the npm registry',
      {
        cause: error,
      },
    );
  }
}

function hasSamePackages(directory: string): boolean {
  const { dependencies } = readJson(join(directory, 'package.json')) as {
    dependencies: Record<string, string>;
  };
  const { packages } = readJson(join(directory, 'package-lock.json')) as {
    packages: Record<string, { version: string }>;
  };
  return Object.keys(dependencies).every((name) => {
    const manifest = join(MODULES, name, 'package.json');
    return (
      existsSync(manifest) &&
      (readJson(manifest) as { version: string }).version === packages[`node_modules/${name}`]?.version
    );
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
