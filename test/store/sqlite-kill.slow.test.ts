import { openStore } from '../../src/store/open.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { assertKept, writeUntilKilled } from './killed-writers.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const WRITERS = LONG ? 4 : 2;
/** Lines of a process before it is killed, in the first round. */
const ENOUGH = LONG ? 300 : 100;
const ROUNDS = LONG ? 10 : 2;

describe('SIGKILL under load', function () {
  this.timeout(30_000 * ROUNDS);
  const path = temporaryDirectory();

  it('R08 loses no write that an SQLite store has acknowledged', async () => {
    const address = `sqlite:${path('killed.db')}`;
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const outputs = await Promise.all(
        Array.from({ length: WRITERS }, () => writeUntilKilled(address, ENOUGH * (round + 1))),
      );
      acknowledged.push(...outputs.flat());
      const store = await openStore(address, { clock: Date.now });
      await assertKept(store, acknowledged, true);
      await store.close();
    }
    figure(
      `R08 SIGKILL: ${ROUNDS} × ${WRITERS} writing processes, ${acknowledged.length} acknowledged writes, none lost`,
    );
  });
});
