import type { Redis } from 'ioredis';

/** Published by every sentinel: the name of a monitored master, where it was, and where it is now. */
const CHANNEL = '+switch-master';

/**
 * Leaves a master that was replaced. One that was frozen may thaw and answer for seconds, until a sentinel demotes it, and
 * would tell an idle node that nothing was consumed or revoked meanwhile.
 */
export class SentinelWatch {
  readonly #sentinels: readonly Redis[];

  /**
   * @param sentinels connections of its own, which it closes
   * @param onSwitch called at least once when the master of that name is another one
   */
  constructor(sentinels: readonly Redis[], masterName: string, onSwitch: () => void) {
    this.#sentinels = sentinels;
    for (const sentinel of sentinels) {
      sentinel.on('message', (_channel, text: string) => {
        if (text.startsWith(`${masterName} `)) onSwitch();
      });
      // Subscribed again after every reconnection; it fails only when the watch ends.
      sentinel.subscribe(CHANNEL).catch(() => {});
    }
  }

  close(): void {
    for (const sentinel of this.#sentinels) sentinel.disconnect();
  }
}
