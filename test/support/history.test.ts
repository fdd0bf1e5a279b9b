import assert from 'node:assert/strict';
import { type Attempt, History, violationsOf } from './history.ts';

type Line = Pick<Attempt, 'kind' | 'credential' | 'outcome'> & Partial<Attempt>;

/** A history of one family in which each line was answered before the next was sent, unless it says otherwise. */
function historyOf(...lines: Line[]): Attempt[] {
  return lines.map((line, index) => {
    const usual = { sent: 10 * index, answered: 10 * index + 5, answer: `answer ${index}` };
    return Object.assign({ family: 'family' }, usual, line);
  });
}

const redeemed: Line = { kind: 'code', credential: 'c', outcome: 'success', gave: 'r1' };
const refresh = (credential: string, outcome: Attempt['outcome'], more: Partial<Attempt> = {}): Line => ({
  kind: 'refresh',
  credential,
  outcome,
  ...more,
});
const revoke = (outcome: Attempt['outcome']): Line => ({ kind: 'revoke', credential: 'r1', outcome });

describe('The check of a history', () => {
  const good: [string, Line[]][] = [
    ['a chain of refreshes', [redeemed, refresh('r1', 'success', { gave: 'r2' }), refresh('r2', 'success')]],
    ['a rotated token that is refused', [redeemed, refresh('r1', 'success'), refresh('r1', 'refused')]],
    ['a token that may have been rotated', [redeemed, refresh('r1', 'unknown'), refresh('r1', 'refused')]],
    ['the same answer again', [redeemed, { ...redeemed, answer: 'answer 0' }, refresh('r1', 'success')]],
    ['a revoked token that is refused', [redeemed, revoke('success'), refresh('r1', 'refused')]],
    ['a token that may have been revoked', [redeemed, revoke('unknown'), refresh('r1', 'refused')]],
    [
      'a family that ended with a second use',
      [redeemed, { ...redeemed, outcome: 'refused', gave: undefined }, refresh('r1', 'refused')],
    ],
    [
      'a success that was under way when the revocation was answered',
      [redeemed, revoke('success'), refresh('r1', 'success', { sent: 11 })],
    ],
    [
      'a refusal of one of two at the same time',
      [
        redeemed,
        refresh('r1', 'refused', { sent: 10, answered: 20 }),
        refresh('r1', 'success', { sent: 11 }),
      ],
    ],
  ];
  for (const [what, lines] of good) {
    it(`accepts ${what}`, () => assert.deepEqual(violationsOf(historyOf(...lines)), []));
  }

  const bad: [string, Line[], RegExp][] = [
    [
      'a code that succeeds twice',
      [redeemed, redeemed, refresh('r1', 'success')],
      /one code succeeded 2 times/,
    ],
    [
      'a refresh token that succeeds twice',
      [redeemed, refresh('r1', 'success'), refresh('r1', 'success')],
      /one refresh succeeded 2 times/,
    ],
    [
      'a replay id that succeeds three times',
      [1, 2, 3].map(() => ({ kind: 'assertion', credential: 'jti', outcome: 'success' })),
      /one assertion succeeded 3 times/,
    ],
    [
      'an acknowledged refresh token that is lost',
      [redeemed, refresh('r1', 'refused')],
      /an acknowledged refresh token was refused/,
    ],
    [
      'a refresh token that is lost before its revocation is sent',
      [redeemed, refresh('r1', 'refused'), revoke('success')],
      /an acknowledged refresh token was refused/,
    ],
    [
      'a rotated-in token that is lost',
      [redeemed, refresh('r1', 'success', { gave: 'r2' }), refresh('r2', 'refused')],
      /an acknowledged refresh token was refused/,
    ],
    ['a refresh token that was never tried', [redeemed], /a refresh token was never tried/],
    [
      'a refresh after an acknowledged revocation',
      [redeemed, revoke('success'), refresh('r1', 'success')],
      /a refresh succeeded after the revocation/,
    ],
    [
      'an access token that works after an acknowledged revocation',
      [redeemed, revoke('success'), { kind: 'use', credential: 'a', outcome: 'success' }],
      /a use succeeded after the revocation/,
    ],
  ];
  for (const [what, lines, expected] of bad) {
    it(`finds ${what}`, () => {
      const violations = violationsOf(historyOf(...lines));
      assert.equal(violations.length, 1, violations.join('\n'));
      assert.match(violations[0] as string, expected);
    });
  }

  it('lets no family excuse another', () => {
    const other = historyOf({ ...revoke('success'), family: 'other' });
    const lines = historyOf(redeemed, refresh('r1', 'refused'));
    assert.deepEqual(violationsOf([...other, ...lines]).length, 1);
  });
});

describe('A history', () => {
  it('keeps when each request was sent and answered, and that nothing is known of one without an answer', async () => {
    const history = new History();
    const what = { kind: 'code', credential: 'c', family: 'family' } as const;
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = history.record(what, async () => {
      await promise;
      return { outcome: 'refused' };
    });
    await history.record(what, async () => {
      throw new Error('no connection');
    });
    resolve();
    await slow;
    const times = history.attempts.map(({ sent, answered, outcome }) => [sent, answered, outcome]);
    assert.deepEqual(times, [
      [1, 4, 'refused'],
      [2, 3, 'unknown'],
    ]);
  });

  it('names the refresh tokens that are still to be tried', async () => {
    const history = new History();
    const redeem = (family: string) =>
      history.record({ kind: 'code', credential: `code of ${family}`, family }, async () => ({
        outcome: 'success',
        gave: `token of ${family}`,
      }));
    await redeem('live');
    await redeem('revoked');
    const revocation = { kind: 'revoke', credential: 'token of revoked', family: 'revoked' } as const;
    await history.record(revocation, async () => ({ outcome: 'success' }));
    assert.deepEqual(history.untried(), [{ kind: 'refresh', credential: 'token of live', family: 'live' }]);
  });
});
