import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import { type Program, RunningProgram } from '../machine/processes.ts';
import { untilAnswered } from '../servers/contestant.ts';
import { requestMachineToken } from './tokens.ts';

export interface Instance {
  issuer: string;
  program: Program;
}

const SETTLE_MS = 500;

/** From the start of the process to its first client credentials token, and the memory that it holds half a second later. */
export async function startOnce(
  { core }: Pick<Bench, 'core'>,
  { issuer, program }: Instance,
): Promise<{ milliseconds: number; bytes: number }> {
  const http = new HttpClient(issuer, 1);
  const start = performance.now();
  const server = new RunningProgram(program, core);
  try {
    await untilAnswered(server, () => requestMachineToken(http));
    const milliseconds = performance.now() - start;
    await sleep(SETTLE_MS);
    return { milliseconds, bytes: server.residentBytes() };
  } finally {
    await http.close();
    await server.stop();
  }
}
