import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const COMMAND = fileURLToPath(new URL('../../bin/signet.js', import.meta.url));

/** A line of the log that is not about a request. */
export interface Message {
  msg: string;
  worker?: number;
  pid?: number;
  why?: string;
  /** Milliseconds. */
  ms?: number;
  restartIn?: number;
}

/** `signet serve --workers` as a process, with its log messages. */
export class WorkerProcesses {
  readonly child: ChildProcess;
  /** The exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  readonly messages: Message[] = [];
  /** Standard output so far. */
  output = '';
  errors = '';
  managementPort = 0;
  port = 0;
  readonly #listeners = new Set<() => void>();

  private constructor(directory: string, args: readonly string[], env: Record<string, string>) {
    this.child = spawn(process.execPath, [COMMAND, 'serve', ...args], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', SIGNET_MANAGEMENT_PORT: '0', ...env },
    });
    this.ended = once(this.child, 'exit').then(([code]) => code as number | null);
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.output += `${line}\n`;
      if (!line.includes('"msg":')) return;
      this.messages.push(JSON.parse(line) as Message);
      for (const listener of this.#listeners) listener();
    });
  }

  /**
   * @param env `SIGNET_*` variables; the directory is where relative paths begin
   * @returns when all workers serve
   */
  static async start(
    directory: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<WorkerProcesses> {
    const started = new WorkerProcesses(directory, args, env);
    const ended = started.ended.then((code) => {
      throw new Error(`ended with exit code ${code}: ${started.errors}`);
    });
    const serving = await Promise.race([started.said('signet is serving'), ended]);
    Object.assign(started, serving);
    return started;
  }

  /** Waits until its log has a message with these words so many times since its start. */
  async said(words: string, times = 1): Promise<Message> {
    const { promise, resolve } = Promise.withResolvers<Message>();
    const look = (): void => {
      const found = this.messages.filter(({ msg }) => msg.includes(words))[times - 1];
      if (found !== undefined) resolve(found);
    };
    this.#listeners.add(look);
    look();
    return await promise.finally(() => this.#listeners.delete(look));
  }

  count(words: string): number {
    return this.messages.filter(({ msg }) => msg.includes(words)).length;
  }

  /** Process ids of the current workers, by number. */
  get pids(): Map<number, number> {
    const serving = this.messages.filter(({ msg }) => /^worker \d+ serves$/.test(msg));
    return new Map(serving.map(({ worker, pid }) => [worker as number, pid as number]));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.managementPort}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** Sends a signal, by default the one that does not wait for idle connections, and waits for the end. */
  async end(name: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.isRunning) this.signal(name);
    return await this.ended;
  }
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  const state = process.platform === 'linux' ? stateInProc(pid) : stateByPs(pid);
  return state !== '' && !state.startsWith('Z');
}

/** Without a process. */
function stateInProc(pid: number): string {
  try {
    return /^State:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function stateByPs(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
    .stdout.toString()
    .trim();
}

/** An issuer on a free port. */
export async function freeIssuer(): Promise<string> {
  return `http://localhost:${await freePort()}`;
}
