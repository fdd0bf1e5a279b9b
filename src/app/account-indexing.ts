import type { Logger } from '../observability/log.ts';
import type { AccountStore } from '../store/store.ts';

/** Adds to the index of searches for accounts what is missing there, in small batches, so that no request waits. */

/** Milliseconds after the start, and between two rounds. */
const INTERVAL_MS = 60_000;
/** Milliseconds between two batches. */
const PAUSE_MS = 50;
const BATCH = 250;

export function startAccountIndexing({
  accounts,
  log,
}: {
  accounts: Pick<AccountStore, 'completeIndex'>;
  log: Logger;
}): { stop: () => void } {
  let stopped = false;
  let running = false;
  const round = async (): Promise<void> => {
    while (!stopped && (await accounts.completeIndex(BATCH)) === BATCH)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  };
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    round()
      .catch((err: unknown) => {
        if (!stopped)
          log.warn({ err }, 'the index of searches for accounts could not be completed: trying again');
      })
      .finally(() => (running = false));
  }, INTERVAL_MS);
  timer.unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
