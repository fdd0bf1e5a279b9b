import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Network } from './network.ts';

/**
 * A process as a container platform runs it: with exactly these variables, as this user, without privileges, in a read-only root
 * directory that has Signet, Node and the libraries that Node needs.
 */
export interface ContainerPlan {
  network: Network;
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  /** User and group. */
  uid: number;
  workingDirectory: string;
  /** Where Node and Signet are. */
  node?: string;
  program?: string;
  files?: Readonly<Record<string, { content: string; mode: number; uid?: number; gid?: number }>>;
  /** Directory in the container → directory of this machine; the user can write there. */
  volumes?: Readonly<Record<string, string>>;
  /** Names that lead to this machine. */
  hosts?: readonly string[];
  /** Programs of this machine that are there too. */
  programs?: readonly string[];
  /** Processors; by default all that this process may use. */
  processors?: 1;
  /** Open files, if this machine allows as many. */
  openFiles?: number;
  umask?: string;
}

/** Milliseconds. */
const START_TIMEOUT = 20_000;

const REPOSITORY = join(import.meta.dirname, '../..');
/** What `.dockerignore` lets through, and what `npm ci` installs. */
const PROGRAM = ['bin', 'src', 'views', 'locales', 'deploy/healthcheck.mjs', 'package.json', 'node_modules'];

/** Killed when the test run exits. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Container {
  readonly child: ChildProcess;
  readonly #plan: ContainerPlan;
  readonly #directory: string;
  #output = '';

  private constructor(plan: ContainerPlan, command: readonly string[]) {
    this.#plan = plan;
    this.#directory = mkdtempSync(join(tmpdir(), 'signet-container-'));
    const script = rootScript(plan, this.#directory);
    const namespace = ['unshare', '--mount', '--propagation', 'private', '--'];
    const [program, ...args] = [
      ...plan.network.enter,
      ...namespace,
      'bash',
      '-euc',
      script,
      'bash',
      ...command,
    ];
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
  }

  /** Starts it, and waits until its output has a text. */
  static async start(plan: ContainerPlan, until: RegExp): Promise<Container> {
    const container = new Container(plan, plan.command);
    const deadline = performance.now() + START_TIMEOUT;
    while (!until.test(container.#output)) {
      if (container.child.exitCode !== null || performance.now() > deadline) {
        await container.stop();
        throw new Error(`it does not run: ${container.#output}`);
      }
      await delay(20);
    }
    return container;
  }

  /** Runs a command to its end. */
  static async run(
    plan: ContainerPlan,
    command = plan.command,
  ): Promise<{ code: number | null; output: string }> {
    const container = new Container(plan, command);
    await once(container.child, 'close');
    rmSync(container.#directory, { recursive: true });
    return { code: container.child.exitCode, output: container.#output };
  }

  get output(): string {
    return this.#output;
  }

  /** A value of its `/proc/…/status`, such as `Uid` or `VmHWM`. */
  status(name: string): string {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
  }

  /** Runs a command beside it, with the same root, user and variables. */
  async execute(command: readonly string[]): Promise<{ code: number | null; output: string }> {
    return await Container.run(this.#plan, command);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Without the capability to raise it, root cannot go beyond it either. */
function mostOpenFiles(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? 1024);
}

function firstProcessor(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  return /^Cpus_allowed_list:\s+(\d+)/m.exec(status)?.[1] ?? '0';
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Makes the root directory in a mount namespace, and ends in the command. Mounts are gone when the namespace is. */
function rootScript(plan: ContainerPlan, directory: string): string {
  const { node = '/usr/local/bin/node', program = '/opt/signet', uid } = plan;
  const root = join(directory, 'root');
  const inRoot = (path: string): string => quote(join(root, path));
  mkdirSync(root);
  const lines = [`mount -t tmpfs -o mode=755 none ${quote(root)}`];
  const bind = (source: string, target: string, writable = false): void => {
    const make = lstatSync(source).isDirectory() ? 'mkdir -p' : 'touch';
    lines.push(
      `mkdir -p ${inRoot(dirname(target))}; ${make} ${inRoot(target)}`,
      `mount --bind ${quote(source)} ${inRoot(target)}`,
    );
    if (!writable) lines.push(`mount -o remount,bind,ro ${inRoot(target)}`);
  };
  for (const library of ['/usr/lib', '/usr/lib64', '/lib', '/lib64'].filter((path) => existsSync(path))) {
    if (lstatSync(library).isSymbolicLink())
      lines.push(`ln -s ${quote(readlinkSync(library))} ${inRoot(library)}`);
    else bind(library, library);
  }
  bind(process.execPath, node);
  for (const name of plan.programs ?? []) bind(name, name);
  for (const part of PROGRAM) bind(join(REPOSITORY, part), join(program, part));
  const files = {
    '/etc/passwd': { content: `signet:x:${uid}:${uid}::/:/sbin/nologin\n`, mode: 0o644 },
    '/etc/hosts': {
      content: `127.0.0.1 ${['localhost', ...(plan.hosts ?? [])].join(' ')}\n`,
      mode: 0o644,
    },
    ...plan.files,
  };
  for (const [path, file] of Object.entries(files)) {
    const { content, mode, uid: owner = 0, gid = 0 } = file as NonNullable<ContainerPlan['files']>[string];
    const source = join(directory, path.replaceAll('/', '_'));
    writeFileSync(source, content);
    chmodSync(source, mode);
    chownSync(source, owner, gid);
    lines.push(`mkdir -p ${inRoot(dirname(path))}; cp -p ${quote(source)} ${inRoot(path)}`);
  }
  for (const [path, source] of Object.entries(plan.volumes ?? {})) bind(source, path, true);
  lines.push(
    `mkdir -p ${inRoot(plan.workingDirectory)} ${inRoot('/dev')} ${inRoot('/proc')}`,
    `mount --rbind /dev ${inRoot('/dev')}`,
    `mount -t proc proc ${inRoot('/proc')}`,
    `mount -o remount,ro ${quote(root)}`,
    `umask ${plan.umask ?? '0022'}`,
    [
      'exec env -i',
      ...Object.entries(plan.env).map(([name, value]) => quote(`${name}=${value}`)),
      ...(plan.processors === undefined ? [] : [`/usr/bin/taskset --cpu-list ${firstProcessor()}`]),
      `/usr/bin/prlimit --nofile=${Math.min(plan.openFiles ?? Infinity, mostOpenFiles())} --`,
      '/usr/bin/setpriv --no-new-privs --',
      `/usr/bin/unshare --root=${quote(root)} --wd=${quote(plan.workingDirectory)}`,
      `--setgid=${uid} --setuid=${uid} -- "$@"`,
    ].join(' '),
  );
  return lines.join('\n');
}
