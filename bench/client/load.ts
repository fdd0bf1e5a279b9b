import { setTimeout as sleep } from 'node:timers/promises';

/** Two kinds of load: a closed loop, and a steady rate (open loop). */

/** One operation of one worker; it rejects when the answer is not the expected one. */
export type Operation = (worker: number) => Promise<void>;

export interface ClosedLoop {
  workers: number;
  /** Unmeasured, in seconds. */
  warmUp: number;
  /** Measured, in seconds. */
  seconds: number;
  /** Processor time that the server has used so far, in seconds. */
  serverCpu: () => number;
  /** The same of what runs beside it, a database for instance. */
  besideCpu?: () => number;
  operation: Operation;
}

export interface Throughput {
  /** Operations a second. */
  rate: number;
  /** Operations for each second of the server's own processor time: what other processes on its core take does not count. */
  ratePerCpuSecond: number;
  /** Share of one core, 0 to 1: near 1 for the generator, it was the bottleneck; well below 1 for the server, it waited. */
  generatorCpu: number;
  serverCpu: number;
  besideCpu: number;
}

/** Each worker starts its next operation when the last was answered. */
export async function runClosedLoop(load: ClosedLoop): Promise<Throughput> {
  let operations = 0;
  const stop = new AbortController();
  const work = async (worker: number) => {
    while (!stop.signal.aborted) {
      await load.operation(worker);
      operations += 1;
    }
  };
  const snapshot = () => ({
    operations,
    time: performance.now() / 1000,
    generator: generatorCpuSeconds(),
    server: load.serverCpu(),
    beside: load.besideCpu?.() ?? 0,
  });
  const workers = Promise.all(Array.from({ length: load.workers }, (_, worker) => work(worker)));
  try {
    await Promise.race([workers, sleep(load.warmUp * 1000)]);
    const start = snapshot();
    await Promise.race([workers, sleep(load.seconds * 1000)]);
    const end = snapshot();
    const elapsed = end.time - start.time;
    const completed = end.operations - start.operations;
    return {
      rate: completed / elapsed,
      ratePerCpuSecond: completed / (end.server - start.server),
      generatorCpu: (end.generator - start.generator) / elapsed,
      serverCpu: (end.server - start.server) / elapsed,
      besideCpu: (end.beside - start.beside) / elapsed,
    };
  } finally {
    stop.abort();
    await workers;
  }
}

/**
 * Starts an operation every `1/perSecond` seconds whether or not earlier ones were answered.
 * @param until when to stop; its failure is the loop's
 * @returns how long each took, in milliseconds
 */
export async function runOpenLoop(
  perSecond: number,
  until: Promise<unknown>,
  operation: () => Promise<void>,
): Promise<number[]> {
  const durations: number[] = [];
  const pending: Promise<void>[] = [];
  const stop = new AbortController();
  const end = () => stop.abort();
  until.then(end, end);
  const measure = async () => {
    const start = performance.now();
    await operation();
    durations.push(performance.now() - start);
  };
  for (let due = performance.now(); !stop.signal.aborted; due += 1000 / perSecond) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    pending.push(measure());
  }
  await Promise.all(pending);
  await until;
  return durations;
}

/** Hands out a worker's own share of some items, round and round, so that no two workers ever hold the same. */
export function takeTurns<Item>(items: readonly Item[], workers: number): (worker: number) => Item {
  const turns = new Map<number, number>();
  return (worker) => {
    const index = turns.get(worker) ?? worker;
    turns.set(worker, index + workers < items.length ? index + workers : worker);
    const item = items[index];
    if (item === undefined) throw new RangeError('fewer items than workers');
    return item;
  };
}

function generatorCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
