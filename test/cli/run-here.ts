import { Readable, Writable } from 'node:stream';
import { runCommand } from '../../src/main.ts';
import type { Finished, RunOptions } from './run-signet.ts';

/** A command of `signet` in this process: a start of Node takes longer than most commands. */

/** Directory and streams belong to the whole process, so commands run one after the other. */
let last: Promise<unknown> = Promise.resolve();

export async function runHere(
  directory: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Finished> {
  const run = last.then(() => runAlone(directory, args, options));
  last = run.catch(() => undefined);
  return await run;
}

async function runAlone(
  directory: string,
  args: readonly string[],
  { input = '', env }: RunOptions,
): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const restore = replace({
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: sink((text) => (written.stdout += text)),
    stderr: sink((text) => (written.stderr += text)),
  });
  const { exitCode } = process;
  const before = process.cwd();
  process.chdir(directory);
  try {
    await runCommand([process.execPath, 'signet', ...args]);
    return { code: Number(process.exitCode ?? 0), signal: null, ...written };
  } finally {
    process.chdir(before);
    process.exitCode = exitCode;
    restore();
  }
}

function sink(write: (text: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(chunk.toString());
      done();
    },
  });
}

/** Replaces properties of `process`. @returns puts the former ones back */
function replace(properties: Record<string, unknown>): () => void {
  const former = Object.keys(properties).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)!] as const,
  );
  for (const [name, value] of Object.entries(properties))
    Object.defineProperty(process, name, { value, configurable: true, enumerable: true, writable: true });
  return () => {
    for (const [name, property] of former) Object.defineProperty(process, name, property);
  };
}
