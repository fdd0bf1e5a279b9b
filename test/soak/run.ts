import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCount } from './answers.ts';
import { drawSoak } from './chart.ts';
import { readOptions, type SoakOptions, USAGE } from './options.ts';
import { judge, type Sample, type SoakRecord } from './record.ts';
import { startSubject, type Subject } from './subject.ts';
import { createTraffic, type Traffic } from './traffic.ts';

/** `npm run test:soak`: measures memory, descriptors, event loop and store under a steady mix of valid and mutated requests. */

/** Seconds. */
const SAMPLE_EVERY = 5;
/** Factor of the rate during the warm-up. */
const WARM_UP_LOAD = 1.6;
const MAX_PENDING = 500;
/** Milliseconds between two checks of how many requests are due. */
const TICK = 10;
const RESULTS = new URL('../../bench/results/', import.meta.url);

let options: SoakOptions;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
if (options.help) console.log(USAGE);
else await soak(options);

async function soak(chosen: SoakOptions): Promise<void> {
  const seconds = chosen.minutes * 60;
  // Everything with a lifetime has come and gone once, and under more load than later the heap and every pool had their peak: what grows
  // after that is growth.
  const warmUp = Math.min(180, seconds * 0.4);
  const subject = await startSubject(chosen, warmUp * 1000);
  const answers = new AnswerCount();
  const traffic = createTraffic(subject.issuer, answers);
  try {
    const dueAfter = (elapsed: number): number =>
      chosen.rate * (elapsed + (WARM_UP_LOAD - 1) * Math.min(elapsed, warmUp));
    const samples = await watch(subject, answers, send(traffic, answers, dueAfter, seconds));
    const measured = {
      date: new Date().toISOString(),
      options: chosen,
      warmUp,
      samples,
      requests: answers.total,
      answers: answers.byStatus,
      eventLoop: subject.eventLoop(),
      machine: { loadAverage: loadavg()[0] ?? 0, processors: availableParallelism() },
      ended: subject.ended,
    };
    report({ ...measured, verdict: judge(measured) });
  } finally {
    answers.stop();
    await traffic.close();
    await subject.stop();
  }
}

/** Sends as many as are due, whether or not earlier ones were answered. */
async function send(
  traffic: Traffic,
  answers: AnswerCount,
  dueAfter: (elapsed: number) => number,
  seconds: number,
): Promise<void> {
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const pending = new Set<Promise<void>>();
  while (elapsed() < seconds) {
    // An action may send several requests, but only the first immediately.
    for (let due = dueAfter(elapsed()) - answers.sent; due > 0 && pending.size < MAX_PENDING; due -= 1) {
      const action = traffic
        .next()()
        .catch(() => undefined)
        .finally(() => pending.delete(action));
      pending.add(action);
    }
    await sleep(TICK);
  }
  await Promise.all(pending);
}

/** Takes samples until the load is over or the server is gone. */
async function watch(subject: Subject, answers: AnswerCount, load: Promise<void>): Promise<Sample[]> {
  const samples: Sample[] = [];
  const started = performance.now();
  let over = false;
  const end = load.finally(() => (over = true));
  let before = { at: 0, answered: 0 };
  while (!over && subject.ended === undefined) {
    await Promise.race([sleep(SAMPLE_EVERY * 1000), end]);
    if (subject.ended !== undefined) break;
    const at = (performance.now() - started) / 1000;
    const metrics = await subject.metrics();
    const metric = (name: string): number => metrics.get(name) ?? Number.NaN;
    const sample = {
      at,
      residentMegabytes: metric('process_resident_memory_bytes') / 1e6,
      heapMegabytes: metric('nodejs_heap_size_used_bytes') / 1e6,
      descriptors: metric('process_open_fds'),
      eventLoopP99: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
      requests: (answers.total - before.answered) / (at - before.at),
      store: await subject.storeSize(),
    };
    before = { at, answered: answers.total };
    samples.push(sample);
    console.log(line(sample));
  }
  return samples;
}

function line({ at, residentMegabytes, descriptors, eventLoopP99, requests, store }: Sample): string {
  return [
    `${at.toFixed(0)} s`,
    `${residentMegabytes.toFixed(1)} MB`,
    `${descriptors} descriptors`,
    `loop p99 ${eventLoopP99.toFixed(1)} ms`,
    `${requests.toFixed(0)} requests/s`,
    `store ${(store.bytes / 1e6).toFixed(1)} MB, ${store.records} records, ${store.overdue} overdue`,
  ].join('; ');
}

function report(record: SoakRecord): void {
  const name = `soak-${record.options.store}`;
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(record, undefined, 1)}\n`);
  writeFileSync(new URL(`${name}.svg`, RESULTS), drawSoak(record));
  console.log(`\n${record.requests} answers: ${JSON.stringify(record.answers)}`);
  for (const { what, seen, holds } of record.verdict) console.log(`${holds ? '✓' : '✗'} ${what}: ${seen}`);
  const { loadAverage, processors } = record.machine;
  console.log(
    `Load average ${loadAverage.toFixed(1)} on ${processors} processors, this program's part among it.`,
  );
  if (record.options.minutes < 5) console.log('Short: growth within a few minutes says little.');
  console.log(`\nbench/results/${name}.json, bench/results/${name}.svg`);
  if (record.verdict.some(({ holds }) => !holds)) process.exitCode = 1;
}
