import { createKeyRing, type KeyRing } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { maintain, type RotationSettings } from './rotation.ts';

/** Follows the keys while the server runs: what the calendar asks for is done, and what anybody changed is passed on within seconds. */

/** Milliseconds between two looks. */
const INTERVAL = 2000;

export interface KeyRingWatcherOptions {
  source: KeySource;
  settings: RotationSettings;
  /** Epoch milliseconds. */
  clock: () => number;
  /** The ring in use. */
  ring: KeyRing;
  onChange: (ring: KeyRing) => void;
  /** A look that failed changes nothing: the server goes on with the keys it has. */
  onError: (error: unknown) => void;
}

export interface KeyRingWatcher {
  /** Looks now; resolves when it is done. */
  look(): Promise<void>;
  stop(): void;
}

export function watchKeyRing({
  source,
  settings,
  clock,
  ring,
  onChange,
  onError,
}: KeyRingWatcherOptions): KeyRingWatcher {
  let current = ring;
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      const now = Math.floor(clock() / 1000);
      await maintain(source, settings, now);
      const next = createKeyRing(await source.read(), now, source.open);
      if (stopped || next.fingerprint === current.fingerprint) return;
      current = next;
      onChange(next);
    } catch (error) {
      onError(error);
    }
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, INTERVAL);
  timer.unref();
  return {
    look,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
