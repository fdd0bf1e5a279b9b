import assert from 'node:assert/strict';
import { OMITTED, SHOWN_TYPES } from '../../src/account-pages/activity-texts.ts';
import { AUDIT_EVENTS } from '../../src/audit/events.ts';

describe('the activity of an account', () => {
  it('has a text for every event, or leaves it out', () => {
    assert.deepEqual([...SHOWN_TYPES, ...OMITTED].toSorted(), Object.keys(AUDIT_EVENTS).toSorted());
  });
});
