import type { Redis } from 'ioredis';

/** Published by every sentinel: the name of a monitored master, its old address, its new address. */
const CHANNEL = '+switch-master';

/**
 * Listens to the sentinels and reports that a master was replaced. A replaced master that was frozen can resume and answer for seconds
 * until a sentinel demotes it; an idle node that is still connected to it would not see what was consumed or revoked since.
 *
 * The `failoverDetector` of ioredis 6 does not replace this class: it prints every failed connection to a sentinel to standard error,
 * without a way to add a listener; it keeps its connections after `quit`; and it does not listen while the client reconnects.
 */
export class SentinelWatch {
  readonly #sentinels: readonly Redis[];

  /**
   * @param sentinels clients used for nothing else; `close` closes them
   * @param onSwitch called at least once when that master is replaced
   */
  constructor(sentinels: readonly Redis[], masterName: string, onSwitch: () => void) {
    this.#sentinels = sentinels;
    for (const sentinel of sentinels) {
      sentinel.on('message', (_channel, text: string) => {
        if (text.startsWith(`${masterName} `)) onSwitch();
      });
      // The client subscribes again after every reconnection; it rejects only when it is closed.
      sentinel.subscribe(CHANNEL).catch(() => {});
    }
  }

  close(): void {
    for (const sentinel of this.#sentinels) sentinel.disconnect();
  }
}
