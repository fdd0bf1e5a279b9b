import assert from 'node:assert/strict';
import { figuresIn } from './support/expected.ts';
import type { Outcome } from './support/row.ts';
import { table } from './support/table.ts';

describe('the rows of the attack tables', () => {
  const passes = (seen: string, expected: string): boolean => figuresIn(seen, expected) !== undefined;

  it('pass for the expected text only', () => {
    assert.equal(passes('R(invalid_request)', 'R(invalid_request)'), true);
    for (const seen of [
      '',
      'R(invalid_request)x',
      ' R(invalid_request)',
      'R(invalid_request)\n',
      'Rinvalid_request',
    ])
      assert.equal(passes(seen, 'R(invalid_request)'), false, JSON.stringify(seen));
    assert.equal(passes('404', '4'), false);
    assert.equal(passes('200 page', '200'), false);
    assert.equal(passes('{"active":false}', '{"active":false}'), true);
  });

  it('match a number by <n>, and no other text', () => {
    assert.deepEqual(figuresIn('p99 1.8 and 22 ms', 'p99 <n> and <n> ms'), ['1.8', '22']);
    for (const seen of ['p99 undefined ms', 'p99 NaN ms', 'p99  ms', 'p99 1 2 ms', 'p99 -1 ms', 'p99 <n> ms'])
      assert.equal(passes(seen, 'p99 <n> ms'), false, seen);
  });

  it('show their numbers in the table', () => {
    const outcome: Outcome = {
      id: 'A04',
      what: 'at once',
      expected: 'one 200, <n> rounds',
      seen: 'one 200, 20 rounds',
      passed: true,
      storage: 'sqlite',
    };
    assert.match(table([outcome]), /one 200, <n> rounds {2}= 20 {4}-\n1 cases, 1 passed, 0 failed$/);
  });
});
