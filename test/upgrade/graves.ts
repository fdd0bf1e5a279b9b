import { type Browser, checkEnded } from './browser.ts';
import type { Version } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import type { Traffic } from './traffic.ts';

/** What ended, and must stay so until the end of the run. */
interface Grave {
  what: string;
  by: Version;
  session?: Browser;
  refreshToken?: string;
}

/** Older ones are forgotten. */
const MAX_GRAVES = 200;

export class Graves {
  readonly #graves: Grave[] = [];
  readonly #traffic: Traffic;
  readonly #ledger: Ledger;

  constructor(traffic: Traffic, ledger: Ledger) {
    this.#traffic = traffic;
    this.#ledger = ledger;
  }

  /** Checks at once that it is dead at each version. */
  async bury(grave: Grave, accessToken?: string): Promise<void> {
    const ended = accessToken === undefined ? grave : { ...grave, accessToken };
    await checkEnded(this.#traffic, this.#ledger, ended);
    this.#graves.push(grave);
    if (this.#graves.length > MAX_GRAVES) this.#graves.shift();
  }

  /** Checks that nothing came back. */
  async visit(): Promise<void> {
    for (const grave of this.#graves) await checkEnded(this.#traffic, this.#ledger, grave, 'buried');
  }
}
