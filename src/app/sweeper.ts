import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../observability/log.ts';
import type { Store } from '../store/store.ts';

/**
 * Removes expired records, and clients that registered themselves and are not used, in small batches, so that the store does not grow and no
 * request waits.
 */

/** Milliseconds between rounds. */
const INTERVAL_MS = 15_000;
/** Milliseconds by which the clock may run ahead of the monotonic time between two rounds. */
const CLOCK_STEP_MS = 60_000;
/** Milliseconds. */
const MAX_PAUSE_MS = 86_400_000;
const BATCH = 500;

export interface SweeperOptions {
  store: Store;
  log: Logger;
  clock: Clock;
  audit: Config['audit'];
  /** Removes up to a number of unused clients; returns that number when there may be more. */
  removeUnused?: ((limit: number) => Promise<number>) | undefined;
}

export function startSweeper({ store, log, clock, audit, removeUnused }: SweeperOptions): {
  stop: () => void;
} {
  let stopped = false;
  let ahead = clock() - performance.now();
  let pausedUntil = 0;
  /** After a step forward the clock may be set back; without the record of its use, an artifact could then be used a second time. */
  const clockIsInDoubt = (): boolean => {
    const before = ahead;
    ahead = clock() - performance.now();
    const step = ahead - before;
    if (step > CLOCK_STEP_MS) {
      pausedUntil = Math.max(pausedUntil, performance.now() + Math.min(step, MAX_PAUSE_MS));
      log.warn(
        { seconds: Math.round(step / 1000) },
        'the clock was set forward: expired records are kept that much longer',
      );
    }
    return performance.now() < pausedUntil;
  };
  const batches = [
    () => store.sweep(BATCH),
    () => store.audit.prune(clock() - audit.retention * 1000, audit.maximumEvents, BATCH),
    ...(removeUnused === undefined ? [] : [() => removeUnused(BATCH)]),
  ];
  const round = async (): Promise<void> => {
    if (clockIsInDoubt()) return;
    for (const batch of batches) {
      while (!stopped && (await batch()) === BATCH) await sleep(10);
    }
  };
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(round).catch((err: unknown) => {
      log.error({ err }, 'expired records could not be removed');
    });
  }, INTERVAL_MS);
  timer.unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
