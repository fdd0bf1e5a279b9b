import assert from 'node:assert/strict';
import {
  type PersonRequirement,
  personNeeds,
  type PersonState,
} from '../../src/accounts/sign-in/person-needs.ts';
import { ACR } from '../../src/config/authentication-context.ts';

const NOW = 1_800_000_000;
const TOTP = { enrolled: ['totp'] } as const;
const PASSKEY = { hasPasskey: true, enrolled: ['security_key'] } as const;
const OLD = { authTime: NOW - 301 };
const MFA = { acr: ACR.mfa };
const REQUIRED = { policy: 'required' } as const;
const MAILED = { ...TOTP, acr: ACR.email, hasPassword: false, hasUsedSecondFactor: true } as const;
const SIGN_IN: PersonRequirement = { fresh: 'signIn' };
const PROOF: PersonRequirement = { fresh: 'proof' };
const STRONGEST: PersonRequirement = { fresh: 'proof', strongest: true };
const ENROL: PersonRequirement = { fresh: 'proof', enrolling: true };

/** What a person needs, in words. */
function needs(requirement: PersonRequirement, ...states: Partial<PersonState>[]): string {
  const initial: PersonState = {
    acr: ACR.password,
    authTime: NOW - 300,
    since: NOW,
    now: NOW,
    hasUsedSecondFactor: false,
    secondFactorAt: undefined,
    enrolled: [],
    hasPassword: true,
    hasPasskey: false,
    policy: 'optional',
    mayEnrol: false,
  };
  const need = personNeeds(Object.assign({}, initial, ...states), requirement);
  if (need.need !== 'sign_in') return need.need;
  const acr = Object.entries(ACR).find(([, value]) => value === need.acr)?.[0] ?? 'any';
  return `${acr} ${need.maxAge ?? 'of any age'}`;
}

describe('What a person needs for a page of the account', () => {
  const rows: [string, PersonRequirement, Partial<PersonState>[]][] = [
    ['nothing', {}, []],
    ['nothing', {}, [OLD, TOTP]],
    // The policy counts for every page.
    ['enrolment', {}, [REQUIRED]],
    ['nothing', {}, [REQUIRED, { mayEnrol: true }]],
    ['mfa of any age', {}, [REQUIRED, TOTP, { mayEnrol: true }]],
    ['nothing', {}, [REQUIRED, TOTP, { hasUsedSecondFactor: true }]],
    ['nothing', {}, [REQUIRED, TOTP, MFA, OLD]],
    ['mfa of any age', {}, [REQUIRED, TOTP, { acr: ACR.email, hasUsedSecondFactor: true }]],
    ['mfa of any age', {}, [TOTP, { acr: undefined }]],
    ['nothing', {}, [{ acr: undefined }]],
    // The sign-in was for an application that asks for no second factor.
    ['any of any age', {}, [TOTP, { since: 1 }]],
    ['any of any age', PROOF, [TOTP, { since: 1, acr: ACR.email, hasPassword: false }]],
    ['nothing', {}, [TOTP, { since: 1, hasUsedSecondFactor: true }]],
    // Fresh: the factors that the account has, not those that a device is remembered for.
    ['nothing', SIGN_IN, []],
    ['password 300', SIGN_IN, [OLD]],
    ['mfa 300', SIGN_IN, [TOTP]],
    ['mfa 300', SIGN_IN, [TOTP, { hasUsedSecondFactor: true }]],
    ['nothing', SIGN_IN, [TOTP, MFA]],
    ['mfa 300', SIGN_IN, [TOTP, MFA, OLD]],
    ['mfa 300', SIGN_IN, [PASSKEY]],
    ['nothing', SIGN_IN, [PASSKEY, { acr: ACR.passkey }]],
    ['nothing', SIGN_IN, [TOTP, { policy: 'off' }]],
    ['password 300', SIGN_IN, [{ acr: ACR.email }]],
    ['nothing', SIGN_IN, [{ acr: ACR.email, hasPassword: false }]],
    ['password 300', SIGN_IN, [{ acr: undefined }]],
    // The strongest that the account has.
    ['passkey 300', STRONGEST, [PASSKEY]],
    ['passkey 300', STRONGEST, [PASSKEY, MFA, OLD]],
    ['passkey', STRONGEST, [PASSKEY, MFA]],
    ['nothing', STRONGEST, [PASSKEY, { acr: ACR.passkey }]],
    ['nothing', STRONGEST, [TOTP, MFA]],
    ['confirmation', STRONGEST, []],
    // A mail with a second factor: that of a remembered device is old.
    ['mfa 0', SIGN_IN, [MAILED, { secondFactorAt: NOW - 301 }]],
    ['nothing', SIGN_IN, [MAILED, { secondFactorAt: NOW - 300 }]],
    ['confirmation', PROOF, [MAILED, { secondFactorAt: NOW }]],
    ['nothing', {}, [MAILED, { secondFactorAt: 1 }]],
    // A password alone is no proof.
    ['confirmation', PROOF, []],
    ['password 300', PROOF, [OLD]],
    ['nothing', PROOF, [TOTP, MFA]],
    ['confirmation', PROOF, [{ mayEnrol: true }]],
    ['nothing', ENROL, [{ mayEnrol: true }]],
    ['nothing', ENROL, [REQUIRED, { mayEnrol: true }]],
    ['confirmation', ENROL, []],
    ['enrolment', ENROL, [REQUIRED]],
    // The link enrols a first factor only.
    ['mfa 300', ENROL, [TOTP, { mayEnrol: true }]],
  ];
  for (const [expected, requirement, states] of rows) {
    it(`${JSON.stringify(requirement)} ${JSON.stringify(Object.assign({}, ...states))}: ${expected}`, () => {
      assert.equal(needs(requirement, ...states), expected);
    });
  }
});
