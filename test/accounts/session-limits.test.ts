import assert from 'node:assert/strict';
import {
  isSessionOver,
  OVER,
  sessionLimits,
  shorterLimits,
  type WrittenSession,
} from '../../src/accounts/session-limits.ts';
import { parseConfig } from '../../src/config/config.ts';

const HOUR = 3600;
const { lifetimes } = parseConfig({
  lifetimes: {
    session: '10h',
    sessionMaximum: '20h',
    groups: { guarded: { session: '1h' }, watched: { session: '2h', sessionMaximum: '5h' } },
  },
});
const limitsOf = (...groups: string[]) => sessionLimits(lifetimes, { claims: { groups } });

describe('The limits of a session', () => {
  it('are the shortest of everybody and of the groups of the account', () => {
    assert.deepEqual(limitsOf('toString'), { idle: 10 * HOUR, maximum: 20 * HOUR });
    assert.deepEqual(limitsOf('guarded'), { idle: HOUR, maximum: 20 * HOUR });
    assert.deepEqual(limitsOf('watched', 'guarded'), { idle: HOUR, maximum: 5 * HOUR });
    assert.equal(shorterLimits(limitsOf(), lifetimes), undefined);
    assert.deepEqual(shorterLimits(limitsOf('guarded'), lifetimes), limitsOf('guarded'));
  });

  it('of now end a session that was written with longer ones, and none that is used', () => {
    const overAfter = (session: WrittenSession, groups: string[] = ['watched']) =>
      [1, 2, 3, 4, 5, 6].find((hours) =>
        isSessionOver(session, limitsOf(...groups), lifetimes, hours * HOUR),
      );
    // Used at 0, and signed in then.
    const used = { loginTs: 0, exp: 10 * HOUR };
    assert.equal(overAfter(used), 2);
    assert.equal(overAfter(used, []), undefined);
    assert.equal(overAfter({ ...used, exp: 14 * HOUR }), 5);
    assert.equal(overAfter({ loginTs: 0, exp: 3 * HOUR, limits: limitsOf('watched') }), 5);
    assert.equal(overAfter({ loginTs: 0, exp: 3 * HOUR, limits: OVER }, []), 1);
    assert.equal(overAfter({}), undefined);
  });

  it('of a group are not longer than those of everybody', () => {
    const groups = { admins: { session: '2d', sessionMaximum: '91d' } };
    assert.throws(() => parseConfig({ lifetimes: { session: '1d', groups } }), {
      problems: [
        'lifetimes.groups.admins.session: must not be longer than lifetimes.session',
        'lifetimes.groups.admins.sessionMaximum: must not be longer than lifetimes.sessionMaximum',
      ],
    });
  });
});
