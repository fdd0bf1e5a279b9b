import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Node of a distribution. */
const CANDIDATES = ['/usr/bin/node', '/usr/local/bin/node'];

function versionOf(node: string): number {
  return Number(execFileSync(node, ['-p', 'process.versions.node']).toString().split('.')[0]);
}

/** A Node that starts Signet and cannot run it; undefined where this machine has none. */
export const OLD_NODE = CANDIDATES.find(
  (path) => existsSync(path) && versionOf(path) < 24 && versionOf(path) >= 20,
);
