import assert from 'node:assert/strict';
import { endSession, isSessionEnded, isWithdrawn, withdrawConsent } from '../../src/accounts/revocations.ts';
import { type AccountRevocations, sessionHandle } from '../../src/store/store.ts';

const times = { now: 100, until: 200 };

describe('Revocations of an account', () => {
  it('know the sessions that were ended', () => {
    const account = { revocations: endSession({}, sessionHandle('a'), times) };
    assert.equal(isSessionEnded(account, 'a'), true);
    assert.equal(isSessionEnded(account, 'b'), false);
    assert.equal(isSessionEnded(account, undefined), false);
    assert.equal(isSessionEnded({}, 'a'), false);
  });

  it('drop an ended session after its grants have expired, and the oldest of very many', () => {
    let revocations: AccountRevocations | undefined;
    for (let index = 0; index <= 200; index += 1)
      revocations = endSession({ revocations }, `handle ${index}`, { now: 100 + index, until: 2000 + index });
    const handles = Object.keys(revocations?.sessions ?? {});
    assert.equal(handles.length, 200);
    assert.ok(!handles.includes('handle 0') && handles.includes('handle 200'));
    revocations = endSession({ revocations }, 'last', { now: 2199, until: 9000 });
    assert.deepEqual(revocations.sessions, {
      'handle 200': { at: 300, until: 2200 },
      last: { at: 2199, until: 9000 },
    });
  });

  it('void the grants and consents that were given to a client before', () => {
    const before = { revocations: withdrawConsent({}, 'other', times) };
    const account = { revocations: withdrawConsent(before, 'web', times) };
    assert.equal(isWithdrawn(account, 'web', { withdrawals: 1 }), true);
    assert.equal(isWithdrawn(account, 'web', { withdrawals: 2 }), false);
    assert.equal(isWithdrawn(account, 'other', { withdrawals: 0 }), true);
    assert.equal(isWithdrawn(account, 'other', { withdrawals: 1 }), false);
    assert.equal(isWithdrawn(account, 'third', { withdrawals: 0 }), false);
  });

  it('void what a version without numbers wrote, up to the second of the withdrawal', () => {
    const account = { revocations: withdrawConsent({}, 'web', times) };
    assert.equal(isWithdrawn(account, 'web', {}), true);
    assert.equal(isWithdrawn(account, 'web', { iat: 100 }), true);
    assert.equal(isWithdrawn(account, 'web', { iat: 101 }), false);
  });

  it('never use a number twice, also after an entry was dropped', () => {
    let revocations = withdrawConsent({}, 'web', times);
    revocations = withdrawConsent({ revocations }, 'app', { now: 200, until: 300 });
    assert.deepEqual(revocations, { withdrawals: 2, clients: { app: { number: 2, at: 200, until: 300 } } });
    revocations = withdrawConsent({ revocations }, 'web', { now: 250, until: 350 });
    assert.equal(isWithdrawn({ revocations }, 'web', { withdrawals: 2 }), true);
  });
});
