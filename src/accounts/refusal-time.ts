import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../store/store.ts';
import type { Passwords } from './credentials/password.ts';
import { importedSamples } from './imported-hashes.ts';

/**
 * One time for all refused sign-ins. Imported accounts keep a hash of another system until their first sign-in, and comparing with it takes another
 * time than with a hash of Signet: the answer would tell which accounts exist. Therefore, while there are such accounts, a refused sign-in is
 * answered when the time of the slowest scheme is over, or a multiple of it, counted from when the attempt has left the queue of password hashes.
 * The wait is outside of the queue, so it delays no other sign-in.
 *
 * Which schemes there are is in the store (`imported-hashes.ts`). A process measures them when it first sees them.
 */
export interface RefusalTime {
  /**
   * Resolves at once where no account has an imported hash.
   * @param startedAt when the attempt has left the queue, in the time of `performance.now()`
   */
  reached(startedAt: number): Promise<void>;
  /** Resolves when the record was read, and new schemes were measured. Called at the start; afterwards it runs by itself. */
  refresh(): Promise<void>;
}

/** Milliseconds after which the record is read again. */
const REFRESH_INTERVAL_MS = 15_000;
/** Milliseconds after which the schemes are measured again: the machine may have been busy. */
const MEASURE_INTERVAL_MS = 600_000;
const MEASUREMENTS = 5;
/** Above the measured time, which varies. */
const MARGIN = 1.5;
/** Refused attempts whose times are known: under load, all of them take longer, and the common time follows the slowest ones of these. */
const RECENT = 64;
const SLOW_SHARE = 0.03;
/** The common time is at most this many times the measured one. */
const MAX_STRETCH = 5;

export function createRefusalTime(options: {
  artifacts: Pick<ArtifactStore, 'find'>;
  passwords: Pick<Passwords, 'verify'>;
  wait?: (milliseconds: number) => Promise<unknown>;
}): RefusalTime {
  const {
    artifacts,
    passwords,
    wait = (milliseconds) => sleepUntil(performance.now() + milliseconds),
  } = options;
  let measured: string | undefined;
  let measuredAt = 0;
  /** Milliseconds; 0 without imported hashes. */
  let slowest = 0;
  const recent: number[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    readAt = performance.now();
    const samples = await importedSamples(artifacts);
    const key = samples.join('\n');
    if (key === measured && (slowest === 0 || readAt - measuredAt < MEASURE_INTERVAL_MS)) return;
    slowest = samples.length === 0 ? 0 : await measure(passwords, samples);
    measured = key;
    measuredAt = readAt;
  }

  /** Of callers at the same time, one reads. A failure is repeated at the next interval: sign-ins do not depend on it. */
  function refresh(): Promise<void> {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined));
    return reading;
  }

  return {
    refresh,
    async reached(startedAt) {
      if (measured === undefined) await refresh();
      else if (performance.now() - readAt > REFRESH_INTERVAL_MS) void refresh();
      if (slowest === 0) return;
      const common = Math.min(Math.max(slowest, slowOf(recent)) * MARGIN, slowest * MAX_STRETCH);
      const elapsed = performance.now() - startedAt;
      recent.push(elapsed);
      if (recent.length > RECENT) recent.shift();
      const multiple = Math.max(1, Math.ceil(elapsed / common));
      await wait(multiple * common - elapsed);
    },
  };
}

/**
 * Resolves at the first millisecond of the timers after a moment. A single timer may be early or late by a millisecond, depending on how much of
 * one was left, and so tell how long the attempt has taken.
 */
async function sleepUntil(moment: number): Promise<void> {
  for (let left = moment - performance.now(); left > 0; left = moment - performance.now()) await sleep(left);
}

/** Milliseconds that the slowest of the samples, and of the hashes of Signet, takes. */
async function measure(passwords: Pick<Passwords, 'verify'>, samples: readonly string[]): Promise<number> {
  const medians: number[] = [];
  for (const sample of [undefined, ...samples]) {
    const times: number[] = [];
    for (let index = 0; index < MEASUREMENTS; index += 1) {
      const { startedAt } = await passwords.verify(sample, 'any password');
      times.push(performance.now() - startedAt);
    }
    medians.push(times.toSorted((one, other) => one - other)[Math.floor(MEASUREMENTS / 2)] ?? 0);
  }
  return Math.max(...medians);
}

/** The time that few of them exceed; 0 without times. */
function slowOf(times: readonly number[]): number {
  return times.toSorted((one, other) => other - one)[Math.floor(times.length * SLOW_SHARE)] ?? 0;
}
