import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import type { Cores } from './cores.ts';

/** Facts about the machine that a reader needs to judge the figures. */
export interface Environment {
  date: string;
  commit: string;
  cpu: string;
  cores: number;
  pinned: Cores | { reason: string };
  node: string;
  openssl: string;
  oidcProvider: string;
  platform: string;
  /** Type of the file system that holds the database, as `stat -f` names it. */
  fileSystem: string;
  /** Average number of busy processes in the minute before the run: above 0.5 other programs were running. */
  loadBefore: number;
}

export function describeEnvironment(pinned: Environment['pinned']): Environment {
  const changed = output('git', ['status', '--porcelain', '--untracked-files=no']) !== '';
  return {
    date: new Date().toISOString(),
    commit: `${output('git', ['rev-parse', '--short', 'HEAD']) || 'unknown'}${changed ? ' with changes' : ''}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    pinned,
    node: process.versions.node,
    openssl: process.versions.openssl,
    oidcProvider: packageVersion('oidc-provider'),
    platform: `${process.platform} ${process.arch}`,
    fileSystem: output('stat', ['-f', '-c', '%T', tmpdir()]) || 'unknown',
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Circumstances that make the figures less reliable, one sentence each. */
export function cautions(environment: Environment): string[] {
  const found: string[] = [];
  if ('reason' in environment.pinned) {
    found.push(
      `Nothing is pinned (${environment.pinned.reason}): servers and load generator share the cores.`,
    );
  }
  if (environment.loadBefore > 0.5) {
    found.push(`The machine was busy before the run (load ${environment.loadBefore}): expect a wide spread.`);
  }
  if (environment.fileSystem === 'tmpfs') {
    found.push(
      'The database is on a tmpfs, where durable writes are free: set TMPDIR to a directory on a disk.',
    );
  }
  return found;
}

function output(command: string, args: string[]): string {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8', cwd: import.meta.dirname });
  return stdout?.trim() ?? '';
}

function packageVersion(name: string): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return version;
}
