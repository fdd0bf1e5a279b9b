import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsAndSelf } from './process-tree.ts';

/** Starts programs on given cores, and ends them with the measurement. */

export interface Program {
  /** Node when absent. */
  command?: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** File for standard output and standard error. */
  log: string;
}

const STOP_WITHIN_MS = 10_000;
const running = new Set<RunningProgram>();
const endedUnasked: RunningProgram[] = [];

export class RunningProgram {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #exited: Promise<void>;
  #stopping = false;

  /** @param cores the core or the cores that it may use; all when absent */
  constructor(program: Program, cores: number | readonly number[] | undefined) {
    const command = [program.command ?? process.execPath, ...program.args];
    const [file = '', ...args] =
      cores === undefined ? command : ['taskset', '-c', [cores].flat().join(), ...command];
    const log = openSync(program.log, 'a');
    // A process group of its own, so that what the program starts ends with it.
    this.#child = spawn(file, args, {
      cwd: program.cwd,
      env: { PATH: process.env.PATH, ...program.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#log = program.log;
    this.#exited = new Promise((resolve) => {
      const ended = () => {
        running.delete(this);
        if (!this.#stopping) endedUnasked.push(this);
        resolve();
      };
      this.#child.once('error', ended);
      this.#child.once('exit', ended);
    });
    running.add(this);
  }

  /** @throws Error with the end of the program's output when it is no longer there */
  assertAlive(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined)
      return;
    throw new Error(this.describeEnd());
  }

  describeEnd(): string {
    const { spawnargs, exitCode, signalCode } = this.#child;
    return `${spawnargs.join(' ')} ended with ${signalCode ?? exitCode}:\n${this.output()}`;
  }

  /** The last lines that the program wrote. */
  output(): string {
    return readFileSync(this.#log, 'utf8').split('\n').slice(-20).join('\n');
  }

  /** Resident memory of the program and of what it started, in bytes. */
  residentBytes(): number {
    return sum(descendantsAndSelf(this.#pid).map((entry) => entry.residentBytes));
  }

  /** Processor time of the program and of what it started, in seconds. */
  cpuSeconds(): number {
    return sum(descendantsAndSelf(this.#pid).map((entry) => entry.cpuSeconds));
  }

  /** Sends SIGTERM, and SIGKILL after ten seconds. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal('SIGTERM');
    await Promise.race([this.#exited, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    this.kill();
    await this.#exited;
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  get #pid(): number {
    this.assertAlive();
    return this.#child.pid ?? 0;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is empty: everything in it has ended.
    }
  }
}

/** The last output of programs that ended by themselves: usually the reason of a failed measurement. */
export function unexpectedEnds(): string[] {
  return endedUnasked.map((program) => program.describeEnd());
}

/** Kills all programs that still run. Safe in an `exit` handler. */
export function killAll(): void {
  for (const program of running) program.kill();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
