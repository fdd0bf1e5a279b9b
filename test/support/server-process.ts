import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/signet.js', import.meta.url));

export interface ServerProcess {
  port: number;
  child: ChildProcess;
  /** Standard output and standard error so far. */
  readonly output: string;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * `signet serve` as a process of its own.
 * @param env `SIGNET_*` variables; the directory is where relative paths begin
 */
export async function startServerProcess(
  directory: string,
  env: Record<string, string>,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [COMMAND, 'serve'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', SIGNET_MANAGEMENT_PORT: '0', ...env },
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server stopped with exit code ${code}: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const serving = /"port":(\d+).*signet is serving/.exec(output);
      if (serving !== null) resolve(Number(serving[1]));
    });
  });
  return {
    port,
    child,
    get output() {
      return output;
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}
