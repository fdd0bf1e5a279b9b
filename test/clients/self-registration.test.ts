import assert from 'node:assert/strict';
import { CLIENT_METADATA } from '../../src/clients/fields/shape.ts';
import { clientNameProblem, mixesScripts } from '../../src/clients/self-registration/client-name.ts';
import { type RegistrationPolicy, registrationPolicy } from '../../src/clients/self-registration/policy.ts';
import { isRegistrable } from '../../src/clients/self-registration/registered-names.ts';
import { requestedMetadata } from '../../src/clients/self-registration/requested-metadata.ts';
import { parseConfig } from '../../src/config/config.ts';

const config = parseConfig({ issuer: 'https://login.example.com', registration: 'open' });
const POLICY = registrationPolicy(config);

function problemsOf(request: object, policy: Partial<RegistrationPolicy> = {}): string[] {
  return requestedMetadata('id', { ...request }, { ...POLICY, ...policy }, config).problems;
}

describe('What a client registers itself', () => {
  it('has no member of Signet; each new member is decided about here', () => {
    assert.deepEqual(
      CLIENT_METADATA.filter((name) => !isRegistrable(name)),
      [
        'first_party',
        'loopback_redirect_uris',
        'trust_loopback',
        'response_modes',
        'mfa',
        'pkce',
        'require_pkce',
        'assertion_audience',
        'allowed_origins',
        'id_token_claims',
        'allowed_groups',
        'roles',
        'claim_names',
      ],
    );
  });

  it('has redirect URIs that the policy allows', () => {
    const allowed = (uri: string, policy: Partial<RegistrationPolicy> = {}): boolean =>
      problemsOf({ redirect_uris: [uri] }, policy).length === 0;
    const table: [string, Partial<RegistrationPolicy>, boolean][] = [
      ['https://app.example.com/cb', {}, true],
      ['https://login.example.com/logout?post_logout_redirect_uri=x', {}, false],
      ['https://login.example.com./', {}, false],
      ['https://login.example.com/app', { issuer: 'https://login.example.com/auth' }, true],
      ['https://login.example.com/auth', { issuer: 'https://login.example.com/auth' }, false],
      ['https://app.example.com/cb', { redirectHosts: ['app.example.com'] }, true],
      ['https://app.example.com/cb', { redirectHosts: ['*.example.com'] }, true],
      ['https://example.com/cb', { redirectHosts: ['*.example.com'] }, false],
      ['https://evilexample.com/cb', { redirectHosts: ['*.example.com'] }, false],
      ['https://app.example.com.evil.example/cb', { redirectHosts: ['app.example.com'] }, false],
      ['https://intranet/cb', { redirectHosts: ['intranet'] }, true],
      ['http://127.0.0.1:1234/cb', {}, true],
      ['http://127.0.0.1:1234/cb', { redirectHosts: ['app.example.com'] }, true],
      ['http://localhost/cb', { loopback: false }, false],
      ['com.example.app:/cb', {}, true],
      ['com.example.app:/cb', { appSchemes: false }, false],
      ['cursor://anysphere.cursor/cb', {}, false],
      ['cursor://anysphere.cursor/cb', { dotlessSchemes: ['cursor'] }, true],
    ];
    for (const [uri, policy, expected] of table)
      assert.equal(allowed(uri, policy), expected, `${uri} ${JSON.stringify(policy)}`);
  });

  it('has the implicit flow only where the policy allows it', () => {
    const request = {
      redirect_uris: ['https://app.example.com/cb'],
      response_types: ['code', 'code id_token', 'id_token token'],
      grant_types: ['authorization_code', 'implicit'],
    };
    const registered = (policy: Partial<RegistrationPolicy>) => {
      const { metadata, problems } = requestedMetadata('id', request, { ...POLICY, ...policy }, config);
      assert.deepEqual(problems, []);
      return [metadata.response_types, metadata.grant_types];
    };
    assert.deepEqual(registered({}), [['code'], ['authorization_code']]);
    assert.deepEqual(registered({ implicit: true }), [request.response_types, request.grant_types]);
    const { response_types: _types, grant_types: _grants, ...rest } = request;
    assert.deepEqual(problemsOf({ ...rest, response_types: ['id_token'] }), [
      'response_types: has none that a client may register itself',
    ]);
    assert.deepEqual(problemsOf({ ...rest, response_types: ['id_token'] }, { implicit: true }), []);
  });

  it('B15: is no http address for a web client with a secret that says so', () => {
    const request = { application_type: 'web', redirect_uris: ['http://localhost:8080/cb'] };
    assert.match(problemsOf(request)[0] ?? '', /^redirect_uris: .* must be https/);
  });

  it('has a name that is not like that of the service', () => {
    for (const name of ['Acme', 'ACME!', 'Acme Login', 'Αcme', 'A c m e', 'my acme'])
      assert.ok(clientNameProblem(name, 'Acme') !== undefined, name);
    for (const name of ['Acmeist', 'Pacmen', '經費報銷', 'Ünïcode', 'Go Fish'])
      assert.equal(clientNameProblem(name, 'Acme'), undefined, name);
    assert.equal(clientNameProblem('Go Fish', 'Go'), undefined);
    assert.ok(clientNameProblem('x'.repeat(101), 'Acme') !== undefined);
  });

  it('may have a name in several alphabets, word by word', () => {
    assert.ok(mixesScripts('Pаypal'));
    assert.ok(!mixesScripts('Paypal Россия'));
    assert.ok(!mixesScripts('Toyota 東京'));
  });

  it('says what is wrong first with redirect URIs, then in the order of the members', () => {
    assert.deepEqual(problemsOf({ redirect_uris: [], token_endpoint_auth_method: 'tls_client_auth' }), [
      'token_endpoint_auth_method: must be client_secret_basic or client_secret_post or client_secret_jwt or private_key_jwt or none',
      'redirect_uris: at least one is needed with the authorization_code grant',
    ]);
  });

  it('is checked with the configuration: scopes and lifetimes', () => {
    assert.throws(
      () => parseConfig({ registration: { mode: 'open', scopes: ['openid', 'orders'], unusedAfter: '1d' } }),
      {
        problems: [
          'registration.scopes: orders is neither of OpenID Connect nor of a declared API',
          'registration.unusedAfter: at least 2 days, because the last use is stored once a day',
        ],
      },
    );
    assert.throws(() => parseConfig({ registration: 'always' }), {
      problems: ['registration.mode: expected off or token or open'],
    });
  });
});
