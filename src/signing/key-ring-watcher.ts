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
  /** @throws the error of the last look when it could not read a ring in which a key may sign */
  check(): void;
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
  /** Why the last look could not read the ring. */
  let unreadable: unknown;
  const look = async (): Promise<void> => {
    const now = Math.floor(clock() / 1000);
    // A step that cannot be taken, as in a directory that is read only, does not keep what is there from being followed.
    const missed = await maintain(source, settings, now).then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      const next = createKeyRing(await source.read(), now, source.open);
      unreadable = undefined;
      if (missed !== undefined) onError(missed);
      if (stopped || next.fingerprint === current.fingerprint) return;
      current = next;
      onChange(next);
    } catch (error) {
      unreadable = error;
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
    check: () => {
      if (unreadable !== undefined) throw unreadable;
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
