import assert from 'node:assert/strict';
import { activityText, OMITTED, SHOWN_TYPES } from '../../src/account-pages/activity-texts.ts';
import { AUDIT_EVENTS } from '../../src/audit/events.ts';

describe('the activity of an account', () => {
  it('has a text for every event, or leaves it out', () => {
    assert.deepEqual([...SHOWN_TYPES, ...OMITTED].toSorted(), Object.keys(AUDIT_EVENTS).toSorted());
  });

  it('names the factor that was added or removed', () => {
    for (const factor of ['totp', 'passkey', 'security_key', 'recovery_codes']) {
      const { key, values } = activityText({ type: 'factor.added', detail: { factor } }, undefined);
      assert.equal(key, 'account.events.factorAddedNamed');
      assert.ok(values?.factor);
    }
    const { key } = activityText(
      { type: 'factor.removed', detail: { factor: 'of a later version' } },
      undefined,
    );
    assert.equal(key, 'account.events.factorRemoved');
  });
});
