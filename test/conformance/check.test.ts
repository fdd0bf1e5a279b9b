import assert from 'node:assert/strict';
import { PLANS } from '../../conformance/plans/plans.ts';
import { missingClaims } from '../../src/cli/conformance.ts';
import { checkPlans, type Facts } from '../../src/cli/conformance-plans.ts';
import type { Client } from '../../src/clients/clients.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { ConfigInput } from '../../src/config/schema.ts';

describe('signet conformance check', () => {
  const issuer = 'https://login.example.com';
  const fitting = {
    redirect_uris: ['https://suite.test/test/a/signet/callback'],
    post_logout_redirect_uris: ['https://suite.test/test/a/signet/post_logout_redirect'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'openid profile email address phone offline_access',
    id_token_claims: false,
    pkce: 'optional',
  };
  const client = (id: string, metadata: object = {}) =>
    ({ id, metadata: { ...fitting, ...metadata } }) as unknown as Client;
  const clients = [
    client('one'),
    client('two'),
    client('three', { token_endpoint_auth_method: 'client_secret_post' }),
  ];

  const filled = (name: string) => [name, 'x'] as const;

  function problems(plan: string, facts: Partial<Facts> = {}, input: Partial<ConfigInput> = {}): string[] {
    const config = parseConfig({ issuer, ...input });
    const found = checkPlans({ config, clients, missingClaims: [], ...facts }).find(
      (each) => each.plan === plan,
    );
    return found?.problems ?? ['there is no such plan'];
  }

  it('knows the plans of the runner', () => {
    const checked = checkPlans({ config: parseConfig({ issuer }), clients: [], missingClaims: [] });
    assert.deepEqual(
      checked.map(({ plan }) => plan),
      PLANS.map(({ name }) => name),
    );
  });

  it('knows which claims an account cannot lack', () => {
    const set = {
      ...Object.fromEntries(['name', 'given_name', 'family_name', 'middle_name', 'nickname'].map(filled)),
      ...Object.fromEntries(['profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo'].map(filled)),
      ...Object.fromEntries(['locale', 'email', 'phone_number', 'address'].map(filled)),
    };
    const verified = { email_verified: true, phone_number_verified: true };
    assert.deepEqual(missingClaims([{ claims: {} }, { claims: { ...set, ...verified } }]), []);
    assert.deepEqual(missingClaims([{ claims: set }]), ['email_verified', 'phone_number_verified']);
    assert.equal(missingClaims([]), undefined);
  });

  it('finds nothing where everything is there', () => {
    assert.deepEqual(problems('config'), []);
    assert.deepEqual(problems('basic-static'), []);
    assert.deepEqual(problems('rp-logout-static'), []);
  });

  const cases: [
    what: string,
    plan: string,
    facts: Partial<Facts>,
    input: Partial<ConfigInput>,
    sentence: RegExp,
  ][] = [
    ['localhost', 'config', {}, { issuer: 'http://localhost:3000' }, /^issuer: the suite calls https only, /],
    ['no account', 'basic-static', { missingClaims: undefined }, {}, /^there is no account: add one/],
    [
      'missing claims',
      'basic-static',
      { missingClaims: ['address', 'gender'] },
      {},
      /lacks address, gender$/,
    ],
    [
      'one client instead of two',
      'basic-static',
      { clients: [client('one'), client('three', { token_endpoint_auth_method: 'client_secret_post' })] },
      {},
      /^two clients are needed with response_types code and token_endpoint_auth_method client_secret_basic; there is one$/,
    ],
    [
      'no client for the flow',
      'implicit-static',
      {},
      {},
      /^one client is needed with response_types id_token, id_token token and .*; there is none$/,
    ],
    [
      'PKCE',
      'rp-logout-static',
      { clients: [client('one', { pkce: 'required' })] },
      {},
      /^client one: pkce is required, and some modules send neither/,
    ],
    [
      'scopes',
      'rp-logout-static',
      { clients: [client('one', { scope: 'openid email' })] },
      {},
      /^client one: scope lacks profile address phone offline_access$/,
    ],
    [
      'claims in ID tokens',
      'rp-logout-static',
      { clients: [client('one', { id_token_claims: true })] },
      {},
      /^client one: claims of scopes are in the ID token too/,
    ],
    [
      'redirect URIs',
      'rp-logout-static',
      { clients: [client('one', { redirect_uris: ['https://app.example/callback'] })] },
      {},
      /^client one: no redirect URI is the suite's/,
    ],
    [
      'registration',
      'dynamic-code',
      {},
      {},
      /set profile: conformance on a server for tests, which also opens registration$/,
    ],
    ['frames', 'frontchannel-logout-dynamic', {}, { profile: 'conformance' }, /^front-channel logout is off/],
    ['session frames', 'session-management-static', {}, {}, /^session management is off/],
  ];
  for (const [what, plan, facts, input, sentence] of cases) {
    it(`names what stands in the way: ${what}`, () => {
      const found = problems(plan, facts, input);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0]!, sentence);
    });
  }

  it('does not ask for PKCE to be optional in the profile, which is', () => {
    const strict = [client('one', { pkce: 'required' })];
    assert.deepEqual(problems('rp-logout-static', { clients: strict }, { profile: 'conformance' }), []);
    assert.deepEqual(problems('dynamic-code', {}, { profile: 'conformance' }), []);
  });
});
