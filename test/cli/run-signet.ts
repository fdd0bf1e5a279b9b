import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../src/store/open.ts';
import { runHere } from './run-here.ts';

/** The `signet` command in a directory of its own, and in a process of its own where the process matters. */

export const COMMAND = fileURLToPath(new URL('../../bin/signet.js', import.meta.url));

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The store in the first line of standard error, which `Workplace.run` removes from `stderr`. */
  store?: string;
}

export interface RunOptions {
  /** Written to standard input, which is closed then. */
  input?: string;
  env?: Record<string, string>;
  /** The `node` to run it with. */
  node?: string;
  /** In a process of its own, in any `Workplace`. */
  ownProcess?: boolean;
}

/** A directory with its own configuration, keys and database. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'signet-cli-'));
  /** The first start of a server, which creates the database; `run` waits for it. */
  readonly #store: Promise<void>;

  readonly #ownProcess: boolean;

  /**
   * @param options.store false: no server was started in the directory
   * @param options.ownProcess false: `run` runs commands in this process, which is faster
   */
  constructor({ store = true, ownProcess = true }: { store?: boolean; ownProcess?: boolean } = {}) {
    this.#ownProcess = ownProcess;
    this.#store = store ? makeStore(join(this.directory, 'data/signet.db')) : Promise.resolve();
  }

  start(args: readonly string[], { env, node = process.execPath }: RunOptions = {}): ChildProcess {
    return spawn(node, [COMMAND, ...args], {
      cwd: this.directory,
      env: { PATH: process.env.PATH ?? '', ...env },
    });
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    await this.#store;
    const finished =
      (options.ownProcess ?? this.#ownProcess)
        ? await finish(this.start(args, options), options.input)
        : await runHere(this.directory, args, options);
    const [line = '', store] = /^store: ([^\n]*)\n/.exec(finished.stderr) ?? [];
    return { ...finished, stderr: finished.stderr.slice(line.length), ...(store !== undefined && { store }) };
  }

  /** Runs a command that prints JSON and must succeed. */
  async json(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== 0) throw new Error(`signet ${args.join(' ')} failed: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs a command that must fail with an exit code and a message, without output and stack trace. */
  async refuses(args: readonly string[], code: number, message: RegExp, input = ''): Promise<void> {
    const result = await this.run(args, { input });
    assert.deepEqual([result.code, result.stdout], [code, '']);
    assert.match(result.stderr, message);
    assert.doesNotMatch(result.stderr, /^\s+at /m);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function makeStore(path: string): Promise<void> {
  const store = await openStore(`sqlite:${path}`, { clock: Date.now });
  await store.close();
}

/** Waits for the exit of a process and collects its output. */
export async function finish(child: ChildProcess, input = ''): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin?.on('error', () => {
    // The process did not read its input.
  });
  child.stdin?.end(input);
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}

/** Waits until a process has written some words to standard output. */
export async function untilItSays(child: ChildProcess, words: string): Promise<void> {
  let output = '';
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += String(chunk);
    if (output.includes(words)) return;
  }
  throw new Error(`it ended with: ${output}`);
}
