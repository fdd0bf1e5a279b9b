import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { isJsonObject } from '../config/json-object.ts';

/** Input of commands besides arguments: passwords, JSON, standard input. */

const MAX_BYTES = 1_048_576;

/** Reads standard input to its end. */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`standard input is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Reads a JSON object from a file, or from standard input when the path is `-`.
 * @throws Error with one sentence that names the path
 */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  const name = path === '-' ? 'standard input' : path;
  let text: string;
  try {
    text = path === '-' ? await readStdin() : readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON`, { cause: error });
  }
  if (!isJsonObject(value)) throw new Error(`${name} is not a JSON object`);
  return value;
}

/**
 * Reads a new password: from standard input, or typed twice without echo on a terminal. Never an argument, which every user of the machine
 * can read.
 */
export async function readNewPassword(
  command: Command,
  options: { fromStdin: boolean; who: string },
): Promise<string> {
  if (options.fromStdin) return (await readStdin()).replace(/\r?\n$/, '');
  if (!process.stdin.isTTY) {
    command.error(
      'error: no terminal to type the password; write it to a file and use --password-stdin < FILE',
    );
  }
  const [password, again] = await askSilently([`New password for ${options.who}: `, 'Repeat the password: ']);
  if (password !== again) throw new Error('the two passwords differ');
  return password ?? '';
}

/** Prompts on the terminal without echo. */
async function askSilently(prompts: readonly string[]): Promise<string[]> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  // `terminal: true` turns the echo off, so it comes before the first prompt.
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true, historySize: 0 });
  terminal.once('SIGINT', () => terminal.close());
  const lines = terminal[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const prompt of prompts) {
      process.stderr.write(prompt);
      const { done, value } = await lines.next();
      process.stderr.write('\n');
      if (done) throw new Error('nothing was changed');
      answers.push(value);
    }
    return answers;
  } finally {
    terminal.close();
  }
}
