import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll } from './processes.ts';

/**
 * One temporary directory for everything a run writes, gone when the run ends: by itself, by a failure, or by a signal.
 * @returns a function that makes a fresh directory in it
 */
export function openWorkspace(): (name: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'signet-bench-'));
  process.once('exit', () => {
    killAll();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.once(signal, () => process.exit(128 + number));
  }
  let count = 0;
  return (name) => {
    const directory = join(root, `${(count += 1)}-${name}`);
    mkdirSync(directory);
    return directory;
  };
}
