import assert from 'node:assert/strict';
import { needRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { needVersion, RELEASED_0_1, REPOSITORY, type VersionCopy } from '../support/version-copy.ts';
import { PROMISES } from './ledger.ts';
import { DUTIES } from './operators.ts';
import { runUpgrade, type UpgradeResult } from './upgrade.ts';

describe('An upgrade from 0.1 on one Redis, and a rollback, under load', function () {
  this.timeout(300_000);
  let released: VersionCopy;
  let result: UpgradeResult;
  before(async function () {
    await needRedis(this);
    released = await needVersion(this, RELEASED_0_1);
    this.timeout(300_000);
    const started = performance.now();
    result = await runUpgrade({
      sources: { old: released.directory, new: REPOSITORY },
      seconds: 4,
      nodes: 1,
      visitors: 3,
      rate: 4,
      dutyEvery: 0.1,
      // Each once.
      duties: DUTIES,
      commandsHere: true,
      say: () => {},
    });
    const { operations, facts } = result.ledger;
    const count = [...operations.values()].reduce((sum, { count }) => sum + count, 0);
    const answers = ['old', 'new'].map((version) => facts.get(`answers by the ${version} version`));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    figure(
      `upgrade: ${count} operations, ${answers.join(' + ')} answers of 0.1 and this version, ${seconds} s`,
    );
  });
  after(() => released?.remove());

  for (const [name, promise] of Object.entries(PROMISES)) {
    it(promise, () => {
      const { ledger } = result;
      const broken = ledger.broken.filter((line) => line.split(' ')[1] === `${name}:`);
      assert.deepEqual(broken, []);
      assert.ok((ledger.promises.get(name as keyof typeof PROMISES)?.checks ?? 0) > 0, 'was checked');
    });
  }

  it('both versions answer, few of the requests with 503', () => {
    const { facts, overloads } = result.ledger;
    for (const version of ['old', 'new']) {
      const answers = facts.get(`answers by the ${version} version`) ?? 0;
      assert.ok(answers > 50 && overloads.length < answers / 20, `${answers}, ${overloads.join('\n')}`);
    }
  });
});
