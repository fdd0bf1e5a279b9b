import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** A process of a client, with its output. */

const TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 5000;
const POLL_MS = 50;

export class Program {
  /** Standard output and standard error so far. */
  output = '';
  /** Standard output so far. */
  stdout = '';
  readonly #name: string;
  readonly #child: ChildProcess;
  #failure: Error | undefined;
  /** A run that is ended early leaves no process behind. */
  readonly #kill = (): void => void this.#child.kill('SIGKILL');

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    this.#name = [command, ...args].join(' ');
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
      this.output += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.once('error', (error) => (this.#failure = error));
    process.once('exit', this.#kill);
    this.#child.once('exit', () => process.off('exit', this.#kill));
  }

  /** Waits for a condition. @throws Error with the output when the program ends before, or after two minutes */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + TIMEOUT_MS;
    while (!(await condition())) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#hasEnded) throw new Error(`${this.#name} stopped: ${this.output}`);
      if (Date.now() > deadline) throw new Error(`${this.#name} does not start: ${this.output}`);
      await pause(POLL_MS);
    }
  }

  /** Waits for a part of standard output. @returns the match */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    await this.until(() => pattern.test(this.stdout));
    const found = pattern.exec(this.stdout);
    if (found === null) throw new Error(`${this.#name}: ${pattern} has state`);
    return found;
  }

  /** Waits for the end. @returns standard output @throws Error with the output when the exit code is not 0 */
  async end(): Promise<string> {
    if (!this.#hasEnded) await once(this.#child, 'close');
    if (this.#child.exitCode !== 0) throw new Error(`${this.#name} failed: ${this.output}`);
    return this.stdout;
  }

  async stop(): Promise<void> {
    if (this.#child.pid === undefined || this.#hasEnded) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(killer);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
