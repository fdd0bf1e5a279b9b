import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Which core serves and which one asks. The servers under test and the signing ceiling run on one core, the load generator
 * (this process) on another, so that neither takes time from the other.
 */

export interface Cores {
  server: number;
  generator: number;
}

/** Two cores this process may use, or the reason why nothing can be pinned. */
export function chooseCores(): Cores | { reason: string } {
  if (spawnSync('taskset', ['--version']).status !== 0)
    return { reason: 'taskset (util-linux) is not installed' };
  const allowed = allowedCores();
  const [generator] = allowed;
  const server = allowed.at(-1);
  if (generator === undefined || server === undefined || generator === server) {
    return { reason: `two cores are needed, ${allowed.length} may be used` };
  }
  return { server, generator };
}

/** Where one and where two of something are measured, beside the load generator on its own core. */
export interface ScaleCores {
  one: readonly number[];
  /** Where there are only two, the generator's is one of them. */
  two: readonly number[];
  generator: number;
}

export function chooseScaleCores({ server, generator }: Cores): ScaleCores {
  const second = allowedCores().findLast((core) => core !== server) ?? generator;
  return { one: [server], two: [second, server], generator };
}

/** Moves every thread of this process to one core; those it starts later follow. */
export function pinThisProcess(core: number): void {
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', `${core}`, `${process.pid}`]);
  if (status !== 0) throw new Error(`taskset: ${stderr.toString()}`);
}

/** `Cpus_allowed_list` of proc(5), as in `0-3,8`. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    if (first === undefined || last === undefined) return [];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
