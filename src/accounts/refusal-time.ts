import { setTimeout as sleep } from 'node:timers/promises';
import { NEVER } from '../clock.ts';
import type { ArtifactStore, Payload } from '../store/store.ts';
import { parseForeignHash, sampleOf } from './credentials/foreign-hash.ts';
import type { Passwords } from './credentials/password.ts';

/**
 * One time for all refused sign-ins. Imported accounts keep a hash of another system until their first sign-in, and comparing with it takes another
 * time than with a hash of Signet: the answer would tell which accounts exist. Therefore, while there are such accounts, a refused sign-in is
 * answered when the time of the slowest scheme is over, or a multiple of it, counted from when the attempt has left the queue of password hashes.
 * The wait is outside of the queue, so it delays no other sign-in.
 *
 * Which schemes there are is one record of the store, with a sample of each. A process measures them when it first sees them.
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

const ID = 'current';
/** Of different schemes and costs; a system has one or two. */
const MAX_SAMPLES = 20;

/** Milliseconds after which the record is read again. */
const REFRESH_INTERVAL_MS = 15_000;
/** Milliseconds after which the schemes are measured again: the machine may have been busy. */
const MEASURE_INTERVAL_MS = 600_000;
const MEASUREMENTS = 5;
/** Above the measured time, which varies. */
const MARGIN = 1.5;

type Artifacts = Pick<ArtifactStore, 'find' | 'update'>;

/** Adds the schemes of hashes to the record. Call it before the first account is written. */
export async function recordImportedHashes(artifacts: Artifacts, hashes: Iterable<string>): Promise<void> {
  const added = samplesByLabel(hashes);
  if (added.size === 0) return;
  await artifacts.update('ImportedHashes', ID, (current) => {
    const samples = new Map([...samplesByLabel(samplesIn(current)), ...added]);
    return { payload: { samples: [...samples.values()].slice(-MAX_SAMPLES) }, expiresAt: NEVER };
  });
}

export function createRefusalTime(options: {
  artifacts: Artifacts;
  passwords: Pick<Passwords, 'verify'>;
  wait?: (milliseconds: number) => Promise<unknown>;
}): RefusalTime {
  const { artifacts, passwords, wait = (milliseconds) => sleep(milliseconds) } = options;
  let measured: string | undefined;
  let measuredAt = 0;
  /** Milliseconds; 0 without imported hashes. */
  let common = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    readAt = performance.now();
    const samples = samplesIn(await artifacts.find('ImportedHashes', ID));
    const key = samples.join('\n');
    if (key === measured && (common === 0 || readAt - measuredAt < MEASURE_INTERVAL_MS)) return;
    common = samples.length === 0 ? 0 : (await measure(passwords, samples)) * MARGIN;
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
      if (common === 0) return;
      const elapsed = performance.now() - startedAt;
      const multiple = Math.max(1, Math.ceil(elapsed / common));
      await wait(multiple * common - elapsed);
    },
  };
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

function samplesIn(payload: Payload | undefined): string[] {
  return Array.isArray(payload?.samples) ? payload.samples.map(String) : [];
}

function samplesByLabel(hashes: Iterable<string>): Map<string, string> {
  const samples = new Map<string, string>();
  for (const hash of hashes) {
    const label = parseForeignHash(hash)?.label;
    if (label !== undefined && !samples.has(label)) samples.set(label, sampleOf(hash));
  }
  return samples;
}
