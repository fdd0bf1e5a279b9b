import assert from 'node:assert/strict';
import { ACR } from '../../src/config/authentication-context.ts';
import { parseConfig } from '../../src/config/config.ts';
import { reachableAcrValues } from '../../src/config/reachable-acr.ts';

describe('What people can reach', () => {
  const withMfa = (mfa: object) =>
    parseConfig({ issuer: 'https://id.example', passkeys: { enabled: false }, mfa });

  it('has two factors where the configuration, a group or the client asks for them', () => {
    const both = [ACR.password, ACR.mfa];
    assert.deepEqual(reachableAcrValues(withMfa({ mode: 'off' })), [ACR.password]);
    assert.deepEqual(reachableAcrValues(withMfa({ mode: 'optional' })), both);
    assert.deepEqual(reachableAcrValues(withMfa({ mode: 'off', groups: { admins: 'optional' } })), both);
    assert.deepEqual(reachableAcrValues(withMfa({ mode: 'off', groups: { admins: 'off' } })), [ACR.password]);
    assert.deepEqual(reachableAcrValues(withMfa({ mode: 'off' }), 'required'), both);
  });
});
