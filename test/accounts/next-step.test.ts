import assert from 'node:assert/strict';
import { ACR } from '../../src/config/authentication-context.ts';
import { authenticationOf, METHOD_AMR, type MethodId } from '../../src/accounts/sign-in/methods.ts';
import {
  nextStep,
  type SignInState,
  stepUp,
  type StepUpState,
} from '../../src/accounts/sign-in/next-step.ts';
import { mfaPolicy } from '../../src/accounts/sign-in/policy.ts';

const did = (...methods: MethodId[]) => methods.map((method) => ({ method, amr: METHOD_AMR[method] }));
const done = (...methods: MethodId[]): Partial<SignInState> => ({ done: did(...methods) });
const TOTP = { enrolled: ['totp'] } as const;
const OLD_TOTP = { ...TOTP, since: 99 } as const;
const REQUIRED = { policy: 'required' } as const;

/** The next step, or what a sign-in has reached. */
function after(...states: Partial<SignInState>[]): string {
  const initial: SignInState = {
    done: did('password'),
    enrolled: [],
    policy: 'optional',
    isRemembered: false,
    requested: [],
    mayEnrol: false,
    areTermsDue: false,
  };
  const next = nextStep(Object.assign({}, initial, ...states));
  return next.step === 'done' ? `${next.acr} ${next.amr.join(' ')}` : next.step;
}

const PWD = `${ACR.password} pwd`;
const MFA = `${ACR.mfa} pwd otp mfa`;

describe('The next step of a sign-in', () => {
  const rows: [string, Partial<SignInState>[]][] = [
    [PWD, []],
    [PWD, [{ policy: 'off' }, TOTP]],
    [PWD, [{ policy: 'off' }, TOTP, { requested: [ACR.mfa] }]],
    ['second_factor', [TOTP]],
    ['second_factor', [TOTP, REQUIRED]],
    [MFA, [TOTP, done('password', 'totp')]],
    [MFA, [TOTP, REQUIRED, done('password', 'recovery_code')]],
    [`${ACR.mfa} pwd hwk user mfa`, [TOTP, done('password', 'security_key')]],
    // A device that is remembered: `acr` says what was done.
    [PWD, [TOTP, { isRemembered: true }]],
    [PWD, [TOTP, REQUIRED, { isRemembered: true }]],
    ['second_factor', [TOTP, { isRemembered: true, requested: [ACR.mfa] }]],
    ['enrol', [REQUIRED, { isRemembered: true }]],
    // What a request asks for, where the account can.
    [PWD, [{ requested: [ACR.mfa] }]],
    [PWD, [{ requested: [ACR.passkey] }]],
    ['second_factor', [TOTP, { isRemembered: true, requested: ['urn:example:gold', ACR.mfa] }]],
    [PWD, [TOTP, { isRemembered: true, requested: [ACR.mfa, ACR.password] }]],
    [PWD, [TOTP, { isRemembered: true, requested: ['urn:example:gold'] }]],
    // Nothing enrolled.
    ['enrol', [REQUIRED]],
    [PWD, [REQUIRED, { mayEnrol: true }]],
    ['second_factor', [REQUIRED, TOTP, { mayEnrol: true }]],
    // A passkey has verified its user.
    [`${ACR.passkey} swk user mfa`, [TOTP, REQUIRED, done('passkey')]],
    // Mail is no factor.
    [`${ACR.email} email`, [done('email')]],
    ['second_factor', [done('email'), TOTP]],
    [`${ACR.email} email`, [done('email'), TOTP, { isRemembered: true }]],
    ['second_factor', [done('email'), TOTP, { isRemembered: true, requested: [ACR.mfa] }]],
    [`${ACR.email} email otp`, [done('email', 'totp'), TOTP]],
    [`${ACR.email} email otp`, [done('email', 'totp'), TOTP, { requested: [ACR.mfa] }]],
    ['refused', [done('email'), REQUIRED]],
    ['refused', [done('email'), REQUIRED, { mayEnrol: true }]],
    ['refused', [done('email', 'totp'), TOTP, REQUIRED]],
    ['refused', [done('email'), TOTP, REQUIRED, { isRemembered: true }]],
    // Terms come last.
    ['terms', [{ areTermsDue: true }]],
    ['second_factor', [TOTP, { areTermsDue: true }]],
    ['terms', [TOTP, { areTermsDue: true }, done('password', 'totp')]],
    ['enrol', [REQUIRED, { areTermsDue: true }]],
  ];
  for (const [expected, states] of rows) {
    it(`${JSON.stringify(Object.assign({}, ...states))}: ${expected}`, () => {
      assert.equal(after(...states), expected);
    });
  }

  it('is never named by what was asked for, but by what was done', () => {
    for (const requested of [ACR.email, ACR.mfa, ACR.passkey, 'urn:example:gold'])
      assert.equal(after({ requested: [requested] }), PWD);
    assert.deepEqual(authenticationOf([]), { acr: ACR.email, amr: [] });
  });
});

describe('What a session lacks', () => {
  const lacks = (...states: Partial<StepUpState>[]): string | undefined => {
    const initial: StepUpState = {
      acr: ACR.password,
      hasUsedSecondFactor: false,
      authTime: 100,
      since: 100,
      enrolled: [],
      hasPassword: true,
      hasPasskey: false,
      policy: 'optional',
      requested: [],
    };
    return stepUp(Object.assign({}, initial, ...states));
  };
  const rows: [string | undefined, Partial<StepUpState>[]][] = [
    [undefined, []],
    [undefined, [TOTP]],
    // The sign-in was for an application that asks for none.
    ['second_factor', [OLD_TOTP]],
    ['sign_in', [OLD_TOTP, { acr: ACR.email }]],
    [undefined, [OLD_TOTP, { policy: 'off' }]],
    [undefined, [OLD_TOTP, { hasUsedSecondFactor: true }]],
    [undefined, [OLD_TOTP, { acr: ACR.email, hasUsedSecondFactor: true }]],
    [undefined, [OLD_TOTP, { acr: ACR.mfa }]],
    ['second_factor', [REQUIRED]],
    [undefined, [REQUIRED, { hasUsedSecondFactor: true }]],
    [undefined, [REQUIRED, { acr: ACR.mfa }]],
    [undefined, [REQUIRED, { acr: ACR.passkey }]],
    // A session by mail, or of an unknown kind, has no first factor.
    ['sign_in', [REQUIRED, { acr: ACR.email, hasUsedSecondFactor: true }]],
    ['sign_in', [REQUIRED, { acr: undefined }]],
    // Of a node that knows no second factor.
    ['sign_in', [TOTP, { acr: undefined }]],
    [undefined, [{ acr: undefined }]],
    [undefined, [TOTP, { acr: undefined, policy: 'off' }]],
    ['second_factor', [TOTP, { requested: [ACR.mfa] }]],
    ['second_factor', [TOTP, { requested: [ACR.mfa], hasUsedSecondFactor: true }]],
    [undefined, [TOTP, { requested: [ACR.mfa], acr: ACR.passkey }]],
    [undefined, [TOTP, { requested: [ACR.mfa], policy: 'off' }]],
    [undefined, [{ requested: [ACR.mfa] }]],
    ['sign_in', [{ requested: [ACR.mfa], hasPasskey: true }]],
    ['sign_in', [TOTP, { requested: [ACR.mfa], acr: ACR.email }]],
    ['sign_in', [{ requested: [ACR.passkey], hasPasskey: true, acr: ACR.mfa }]],
    [undefined, [{ requested: [ACR.passkey], acr: ACR.mfa }]],
    ['sign_in', [{ requested: [ACR.password], acr: ACR.email }]],
    [undefined, [{ requested: [ACR.password], acr: ACR.email, hasPassword: false }]],
  ];
  for (const [expected, states] of rows) {
    it(`${JSON.stringify(Object.assign({}, ...states))}: ${expected ?? 'nothing'}`, () => {
      assert.equal(lacks(...states), expected);
    });
  }
});

describe('The policy for a second factor', () => {
  it('is the strictest of the configuration, the groups and the client', () => {
    const admin = { claims: { groups: ['staff', 'admins'] } };
    const guest = { claims: { groups: 'admins' } };
    const tester = { claims: { groups: ['testers', 'constructor'] } };
    const policy = (
      mode: 'off' | 'optional' | 'required',
      account: { claims: Record<string, unknown> },
      client?: 'optional' | 'required',
    ) =>
      mfaPolicy(
        { mode, groups: { staff: 'optional', admins: 'required', testers: 'optional' } },
        account,
        client,
      );
    assert.equal(policy('off', guest), 'off');
    assert.equal(policy('off', admin), 'required');
    assert.equal(policy('off', tester), 'optional');
    assert.equal(policy('required', tester), 'required');
    assert.equal(policy('off', guest, 'optional'), 'optional');
    assert.equal(policy('off', guest, 'required'), 'required');
    assert.equal(policy('optional', guest), 'optional');
    assert.equal(policy('required', guest, 'optional'), 'required');
  });
});
