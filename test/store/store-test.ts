import type { Store } from '../../src/store/store.ts';

/** Gives each test a new store and its clock. */

export type OpenStore = (clock: () => number) => Promise<Store>;

export class TestClock {
  /** Epoch seconds. */
  now = 1_800_000_000;

  readonly milliseconds = (): number => this.now * 1000;

  advance(seconds: number): void {
    this.now += seconds;
  }
}

export interface StoreTest {
  store: Store;
  clock: TestClock;
}

/** mocha's `it` for tests that need a store. */
export type StoreIt = (title: string, body: (test: StoreTest) => Promise<void>) => void;

export function storeTests(open: OpenStore): StoreIt {
  return (title, body) => {
    it(title, async () => {
      const clock = new TestClock();
      const store = await open(clock.milliseconds);
      try {
        await body({ store, clock });
      } finally {
        await store.close();
      }
    });
  };
}

/** Starts `attempt` `count` times at once. @returns how many of them resolved to true */
export async function countTrue(count: number, attempt: () => Promise<boolean>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, attempt));
  return answers.filter(Boolean).length;
}
