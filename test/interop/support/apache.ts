import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstallFile } from '../../support/find-or-install.ts';
import type { Stage } from './stage.ts';
import { type Installation, MissingToolchainError, type Toolchain } from './toolchain.ts';

/**
 * Modules of the Apache HTTP server from Debian. The server is that of `apache2-bin`, which starts no service; each run has one of its
 * own, with the file `httpd.conf` of the client.
 */

const run = promisify(execFile);
const SERVER = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';

/** @param module its name, of which the file and the package are made: `auth_openidc` */
export function apache(module: string): Toolchain {
  const packageName = `libapache2-mod-${module.replaceAll('_', '-')}`;
  return {
    ecosystem: 'Debian',
    async install() {
      await need(SERVER, 'apache2-bin');
      await need('/usr/bin/openssl', 'openssl');
      await need(`${MODULES}/mod_${module}.so`, packageName);
      // Not in the cache: that can be in a home directory, where the user of the server cannot read.
      const directory = mkdtempSync(join(tmpdir(), 'signet-interop-apache-'));
      chmodSync(directory, 0o755);
      process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
      return { directory, versions: await readVersions(packageName, 'apache2-bin') } satisfies Installation;
    },
  };
}

/** @param variables for `httpd.conf` */
export async function startApache(stage: Stage, variables: Record<string, string> = {}): Promise<void> {
  const env = { DIRECTORY: stage.directory, MODULES, ...variables };
  await stage.start(SERVER, ['-D', 'FOREGROUND', '-f', join(stage.directory, 'httpd.conf')], env);
}

async function need(path: string, packageName: string): Promise<void> {
  if ((await findOrInstallFile(path, packageName)) !== undefined) return;
  throw new MissingToolchainError(
    `${path} is missing`,
    `apt-get install ${packageName}, on Debian or Ubuntu`,
  );
}

async function readVersions(...names: readonly string[]): Promise<Record<string, string>> {
  const { stdout } = await run('dpkg-query', ['--show', '--showformat=${Package} ${Version}\n', ...names]);
  const found = new Map(stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  return Object.fromEntries(names.map((name) => [name, found.get(name) ?? '']));
}
