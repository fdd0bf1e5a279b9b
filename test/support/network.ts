import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findOrInstall, INSTALL_TIMEOUT } from './find-or-install.ts';
import { skip } from './skip.ts';

/** A network namespace with a loopback interface, for programs that listen on fixed ports. */

const run = promisify(execFile);

/** For the `before` hook of a test: the suite is skipped, with a hint, where this process may not make namespaces. */
export async function needNamespaces(context: Mocha.Context): Promise<void> {
  context.timeout(INSTALL_TIMEOUT + 30_000);
  const hint = 'run the tests on Linux as root, with iproute2 and util-linux 2.38 or newer';
  if ((await findOrInstall(['ip'], 'iproute2')) === undefined) skip(context, 'ip is missing', hint);
  const works = await run('unshare', ['--mount', '--net', 'ip', 'link', 'set', 'lo', 'up']).then(
    () => true,
    () => false,
  );
  if (!works) skip(context, 'namespaces cannot be made here', hint);
}

/** Killed when the test run exits. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

export class Network {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async start(): Promise<Network> {
    const script = 'ip link set lo up && echo up && exec sleep infinity';
    const holder = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(holder);
    holder.once('exit', () => running.delete(holder));
    await once(holder.stdout, 'data');
    return new Network(holder);
  }

  /** The command prefix that runs a program in it. */
  get enter(): [string, ...string[]] {
    return ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, '--'];
  }

  /** @param urls at addresses: there are no names. @returns their answers */
  async get(...urls: string[]): Promise<{ status: number; body: string }[]> {
    const program =
      'const answer = async (response) => ({ status: response.status, body: await response.text() });' +
      'Promise.all(process.argv.slice(1).map((url) => fetch(url).then(answer)))' +
      '.then((answers) => console.log(JSON.stringify(answers)))';
    const [command, ...args] = [...this.enter, process.execPath, '-e', program, ...urls];
    const { stdout } = await run(command, args);
    return JSON.parse(stdout) as { status: number; body: string }[];
  }

  /** Ids of the processes in it, without the one that holds it open. */
  processes(): number[] {
    const own = readlinkSync(`/proc/${this.#holder.pid}/ns/net`);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && name !== String(this.#holder.pid))
      .filter((id) => {
        try {
          return readlinkSync(`/proc/${id}/ns/net`) === own;
        } catch {
          // It has ended.
          return false;
        }
      })
      .map(Number);
  }

  /** Kills its processes. */
  async stopProcesses(): Promise<void> {
    for (let ids = this.processes(); ids.length > 0; ids = this.processes()) {
      for (const id of ids) kill(id);
      await delay(20);
    }
  }

  async stop(): Promise<void> {
    await this.stopProcesses();
    const ended = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await ended;
  }
}
