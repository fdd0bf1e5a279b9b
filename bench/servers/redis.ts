import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { RunningProgram } from '../machine/processes.ts';
import { freePort } from './free-port.ts';

/** The distribution's Redis, with an AOF as production has it. */
export interface Redis {
  address: string;
  process: RunningProgram;
}

const COMMAND = 'redis-server';
const START_WITHIN_MS = 10_000;

export function hasRedis(): boolean {
  return spawnSync(COMMAND, ['--version']).status === 0;
}

/** @param core which one it may use */
export async function startRedis(bench: Bench, core: number | undefined): Promise<Redis> {
  const directory = bench.makeDirectory('redis');
  const port = await freePort();
  const settings = {
    bind: '127.0.0.1',
    port: `${port}`,
    dir: directory,
    save: '',
    appendonly: 'yes',
    // A measurement ends long before it would pay, and the copying would be measured too.
    'auto-aof-rewrite-percentage': '0',
  };
  const process = new RunningProgram(
    {
      command: COMMAND,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      cwd: directory,
      env: {},
      log: join(directory, 'redis.log'),
    },
    core,
  );
  await untilListening(process, port);
  return { address: `redis://127.0.0.1:${port}`, process };
}

async function untilListening(process: RunningProgram, port: number): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS;
  while (performance.now() < deadline) {
    process.assertAlive();
    const socket = connect(port, '127.0.0.1');
    const listens = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (listens) return;
    await sleep(10);
  }
  throw new Error(`Redis did not come up:\n${process.output()}`);
}
