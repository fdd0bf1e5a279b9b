import { type Clock, nowInSeconds } from '../clock.ts';
import type { KeySource } from './key-source.ts';
import { createKeyRing, type KeyRing } from './ring.ts';
import { maintain, type RotationSettings } from './rotation.ts';
import type { StoredKey } from './stored-key.ts';

/** Follows the keys while the server runs: carries out the scheduled rotation, and passes on every change, by any process. */

const POLL_INTERVAL_MS = 2000;

export interface KeyRingWatcherOptions {
  source: KeySource;
  settings: RotationSettings;
  clock: Clock;
  /** The ring in use. */
  ring: KeyRing;
  onChange: (ring: KeyRing) => void;
  /** The scheduled rotation of this process has announced a new key. */
  onAnnounce: (key: StoredKey) => void;
  /** A refresh failed. The ring in use stays. */
  onError: (error: unknown) => void;
}

export interface KeyRingWatcher {
  /** Reads the keys now instead of at the next interval. Never rejects. */
  refresh(): Promise<void>;
  /** @throws the error of the last refresh when it read no ring that can sign */
  check(): void;
  stop(): void;
}

export function watchKeyRing(options: KeyRingWatcherOptions): KeyRingWatcher {
  const { source, settings, clock, onChange, onAnnounce, onError } = options;
  let current = options.ring;
  let stopped = false;
  /** Why the last refresh read no ring. */
  let readError: unknown;
  const refresh = async (): Promise<void> => {
    const now = nowInSeconds(clock);
    // When rotation fails, as in a read-only directory, changes by other processes are still followed.
    const rotationError = await maintain(source, settings, now, onAnnounce).then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      const next = createKeyRing(await source.read(), now, source.open, settings.algorithms);
      readError = undefined;
      if (rotationError !== undefined) onError(rotationError);
      if (stopped || next.fingerprint === current.fingerprint) return;
      current = next;
      onChange(next);
    } catch (error) {
      readError = error;
      onError(error);
    }
  };
  let lastPoll = Promise.resolve();
  const timer = setInterval(() => {
    lastPoll = lastPoll.then(refresh);
  }, POLL_INTERVAL_MS);
  timer.unref();
  return {
    refresh,
    check: () => {
      if (readError !== undefined) throw readError;
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
