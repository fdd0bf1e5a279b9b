import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config/config.ts';
import type { Logger } from './observability/log.ts';
import type { Store } from './store/store.ts';

/** Removes what has expired, a small batch at a time, so that nothing grows for ever and no request waits for it. */

/** Milliseconds between rounds. */
const INTERVAL = 15_000;
const BATCH = 500;

export interface SweeperOptions {
  store: Store;
  log: Logger;
  /** Epoch milliseconds. */
  clock: () => number;
  audit: Config['audit'];
}

export function startSweeper({ store, log, clock, audit }: SweeperOptions): { stop: () => void } {
  let stopped = false;
  const batches = [
    () => store.sweep(BATCH),
    () => store.audit.prune(clock() - audit.retention * 1000, audit.maximumEvents, BATCH),
  ];
  const round = async (): Promise<void> => {
    for (const batch of batches) {
      while (!stopped && (await batch()) === BATCH) await sleep(10);
    }
  };
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(round).catch((err: unknown) => {
      log.error({ err }, 'expired records could not be removed');
    });
  }, INTERVAL);
  timer.unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
