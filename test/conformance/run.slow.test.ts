import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { choosePlans } from '../../conformance/plans/plans.ts';
import { prepareSite } from '../../conformance/serve/site.ts';
import { Suite } from '../../conformance/suite/api.ts';
import { expectedResult } from '../../conformance/suite/expectations.ts';
import { runModule } from '../../conformance/suite/run-module.ts';
import { run } from '../../conformance/suite/run.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { type FakeModule, FakeSuite } from './fake-suite.ts';

describe('The runner of the conformance suite', () => {
  async function withSuite<Result>(
    modules: readonly FakeModule[],
    use: (base: string, suite: FakeSuite) => Promise<Result>,
  ): Promise<Result> {
    const suite = new FakeSuite(modules);
    try {
      return await use(await suite.listen(), suite);
    } finally {
      suite.close();
    }
  }

  const finished = { states: ['RUNNING', 'FINISHED'] };
  const noRotation = { rotate: () => Promise.reject(new Error('no rotation')) };
  const of = (testModule: string) => ({ testModule, variant: {} });

  it('waits for the end of a module', async () => {
    const { result } = await withSuite(
      [{ testModule: 'oidcc-server', ...finished, result: 'PASSED' }],
      (base) => runModule(new Suite(base), 'plan', of('oidcc-server'), noRotation),
    );
    assert.equal(result, 'PASSED');
  });

  it('has a module that waits for ever end, and reports what the log says', async () => {
    const log = [
      { src: 'WebRunner', msg: 'Timed out\nBuild info', result: 'FAILURE', url: 'https://op.test/' },
      { src: 'Good', msg: 'fine', result: 'SUCCESS' },
    ];
    const waiting: FakeModule = { testModule: 'oidcc-server', states: ['WAITING'], result: 'FAILED', log };
    await withSuite([waiting], async (base, suite) => {
      const { result, findings } = await runModule(new Suite(base), 'plan', of('oidcc-server'), {
        ...noRotation,
        timeout: 50,
      });
      assert.equal(result, 'UNFINISHED');
      assert.deepEqual(findings, [
        'the module is WAITING',
        'failure: WebRunner: Timed out (at https://op.test/)',
      ]);
      assert.ok(suite.calls.includes('DELETE /api/runner/oidcc-server'));
    });
  });

  it('rotates the key once the rotation module has seen the old ones, and starts it then', async () => {
    const testModule = 'oidcc-server-rotate-keys';
    const module = { testModule, states: ['CREATED', 'CONFIGURED', 'FINISHED'], result: 'PASSED' };
    await withSuite([module], async (base, suite) => {
      const rotate = () => Promise.resolve(void suite.calls.push('rotated'));
      assert.equal((await runModule(new Suite(base), 'plan', of(testModule), { rotate })).result, 'PASSED');
      const steps = suite.calls.filter(
        (call) => call === 'rotated' || call === `POST /api/runner/${testModule}`,
      );
      assert.deepEqual(steps, ['rotated', `POST /api/runner/${testModule}`]);
    });
  });

  describe('compares with what is expected', () => {
    const exceptions = [
      { module: 'a', plans: ['basic-*'], result: 'SKIPPED', reason: '' },
      { module: 'b', result: 'REVIEW', reason: '' },
      { module: 'd', plans: ['*-dynamic'], result: 'SKIPPED', reason: '' },
    ] as const;
    const cases: [plan: string, module: string, expected: string][] = [
      ['basic-static', 'a', 'SKIPPED'],
      ['hybrid-static', 'a', 'PASSED'],
      ['hybrid-static', 'b', 'REVIEW'],
      ['hybrid-static', 'c', 'PASSED'],
      ['hybrid-static', 'd', 'PASSED'],
      ['hybrid-dynamic', 'd', 'SKIPPED'],
    ];
    for (const [plan, testModule, expected] of cases) {
      it(`${testModule} of ${plan}: ${expected}`, () => {
        assert.equal(expectedResult(exceptions, plan, { testModule }), expected);
      });
    }
  });

  describe('ends with an exit code', () => {
    const directory = makeMemoryDirectory('conformance');
    const plans = choosePlans(['config']);
    const print = { log: console.log, error: console.error };
    before(() => {
      const addresses = { issuer: 'https://op.test', suite: 'https://suite.test' };
      prepareSite({ directory, ...addresses, plans, port: 3480 });
      Object.assign(console, { log: () => undefined, error: () => undefined });
    });
    after(() => {
      Object.assign(console, print);
      rmSync(directory, { recursive: true });
    });

    const options = { directory, plans, rotate: false, record: false, parallel: 2, modules: [] };
    const cases: [what: string, modules: readonly [module: string, result: string][], code: number][] = [
      [
        'all as expected',
        [
          ['oidcc-server', 'PASSED'],
          ['oidcc-max-age-1', 'REVIEW'],
        ],
        0,
      ],
      ['a warning', [['oidcc-server', 'WARNING']], 1],
      ['a review that is not expected', [['oidcc-server', 'REVIEW']], 1],
      ['a pass where a person should look', [['oidcc-max-age-1', 'PASSED']], 1],
    ];
    for (const [what, modules, code] of cases) {
      it(`${code} for ${what}`, async () => {
        const { states } = finished;
        const fake = modules.map(([testModule, result]) => ({ testModule, states, result }));
        assert.equal(await withSuite(fake, (suite) => run({ ...options, suite })), code);
      });
    }

    it('leaves out the rotation unless it may rotate', async () => {
      const rotation = { testModule: 'oidcc-server-rotate-keys', ...finished, result: 'FAILED' };
      assert.equal(await withSuite([rotation], (suite) => run({ ...options, suite })), 0);
    });
  });
});
