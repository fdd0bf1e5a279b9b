import type { Config } from '../../src/config/config.ts';
import { LONG } from '../support/long-form.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import { itEndsForGood, ROUNDS as ENDS } from './end-races.ts';
import { itEndsWithItsTokens } from './ended-session-races.ts';
import { configureRaces, itIsGoodForOne, type Racecourse, ROUNDS } from './races.ts';
import { itAsksNoTabTwice, tabClients } from './tabs.ts';

/** Processes that serve one issuer and share a store. */
export interface Processes extends Racecourse {
  /** Opens the store that they share. */
  config: Config;
  /** Fails when one of them has answered no token request: then there was no race between them. */
  assertAllServed: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * Defines all races of processes that share a store.
 * @param who name of the processes
 * @param tabRounds runs of each test of two tabs; 0 leaves them out
 * @param start starts the processes; `configure` writes their configuration into a directory
 */
export function describeRaces(
  who: string,
  tabRounds: number,
  start: (context: Mocha.Context, configure: (directory: string) => void) => Promise<Processes>,
): void {
  // A server has one window. In the short form, race.slow.test.ts has the races without one.
  for (const replayWindow of LONG ? [0, 10] : [10]) {
    describe(`${who}, with a replay window of ${replayWindow} s`, function () {
      this.timeout(20_000 + (ROUNDS + ENDS) * 5000 + tabRounds * 3000);
      let running: Processes;
      let operator: Operator | undefined;
      const where = (): Processes & { operator: Operator } => ({ ...running, operator: operator! });

      before(async function () {
        running = await start(this, (directory) =>
          configureRaces(directory, replayWindow, tabClients(tabRounds)),
        );
        operator = await operate(running);
      });
      after(async () => {
        await operator?.close();
        await running?.stop();
      });

      describe('of fifty concurrent requests, one succeeds with', () => {
        itIsGoodForOne(where, who, replayWindow);

        it('while the requests reach all processes', () => running.assertAllServed());
      });

      if (replayWindow === 0) return;

      describe('sessions that are ended while they are used', () => {
        itEndsWithItsTokens(where, who);
      });

      if (tabRounds > 0) {
        describe('do not sign in again one of two tabs', () => {
          itAsksNoTabTwice(where, who, tabRounds);
        });
      }

      describe('end for good', () => {
        itEndsForGood(where, who);
      });
    });
  }
}
