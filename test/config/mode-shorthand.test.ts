import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/config.ts';

describe('The mode of a section', () => {
  it('may be given alone', () => {
    const { mfa, signUp, registration } = parseConfig({
      mfa: 'required',
      signUp: 'invitation',
      registration: 'token',
    });
    assert.deepEqual([mfa.mode, signUp.mode, registration.mode], ['required', 'invitation', 'token']);
    assert.deepEqual(mfa.groups, {});
  });

  it('that there is not is refused', () => {
    assert.throws(() => parseConfig({ mfa: 'always' }), /mfa\.mode: expected off or optional or required/);
  });
});
