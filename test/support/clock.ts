import { type Clock, install } from '@sinonjs/fake-timers';

/**
 * Runs `body` with a `Date` that moves only by `advance`, for Signet and for the engine. Timers and sockets stay real.
 */
export async function withClock(
  body: (clock: { advance(seconds: number): void }) => Promise<void>,
): Promise<void> {
  const clock: Clock = install({ now: Date.now(), toFake: ['Date'] });
  try {
    await body({ advance: (seconds) => clock.setSystemTime(Date.now() + seconds * 1000) });
  } finally {
    clock.uninstall();
  }
}
