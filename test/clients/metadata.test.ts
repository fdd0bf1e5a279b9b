import assert from 'node:assert/strict';
import { GRANT_TYPE_NAMES } from '../../src/clients/grant-types.ts';
import { generateKeyPairSync } from 'node:crypto';
import type { MetadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { DEMO_API } from '../../src/config/demo.ts';

const PRODUCTION: MetadataContext = {
  apis: [DEMO_API],
  mode: 'production',
  signingAlgorithms: ['RS256', 'ES256'],
};
const WEB = { redirect_uris: ['https://rp.example/cb'] };
const MACHINE = { grant_types: ['client_credentials'], scope: 'messages:read' };

const problems = (input: Record<string, unknown>): string[] => checkMetadata(input, PRODUCTION).problems;

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PUBLIC = publicKey.export({ format: 'jwk' });
const PRIVATE = privateKey.export({ format: 'jwk' });
const WEAK = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

describe('Client metadata', () => {
  it('has the defaults of RFC 7591 §2 and the scopes of a web client', () => {
    assert.deepEqual(checkMetadata(WEB, PRODUCTION), {
      problems: [],
      metadata: {
        application_type: 'web',
        redirect_uris: ['https://rp.example/cb'],
        post_logout_redirect_uris: [],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'openid profile email',
      },
    });
  });

  it('has no response type, redirect URI or scope by default without the authorization_code grant', () => {
    const { metadata } = checkMetadata({ grant_types: ['client_credentials'] }, PRODUCTION);
    assert.deepEqual([metadata.response_types, metadata.redirect_uris, metadata.scope], [[], [], '']);
  });

  it('has offline_access by default with the refresh_token grant', () => {
    const { metadata } = checkMetadata(
      { ...WEB, grant_types: ['authorization_code', 'refresh_token'] },
      PRODUCTION,
    );
    assert.equal(metadata.scope, 'openid profile email offline_access');
  });

  it('can have every supported member', () => {
    const full = {
      client_name: 'Ünïcode Shop',
      client_uri: 'https://rp.example',
      logo_uri: 'https://rp.example/logo.svg',
      policy_uri: 'https://rp.example/privacy',
      tos_uri: 'https://rp.example/terms',
      contacts: ['ops@rp.example'],
      application_type: 'web',
      redirect_uris: ['https://rp.example/cb'],
      post_logout_redirect_uris: ['https://rp.example/'],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...PUBLIC, kid: '1', use: 'sig', alg: 'RS256' }] },
      scope: 'openid email offline_access groups messages:write',
      default_max_age: 3600,
      require_auth_time: true,
      initiate_login_uri: 'https://rp.example/login',
      first_party: true,
      pkce: 'optional',
      assertion_audience: 'legacy',
      id_token_signed_response_alg: 'ES256',
      id_token_claims: true,
      loopback_redirect_uris: ['http://localhost:8250/oidc/callback'],
      trust_loopback: true,
    };
    assert.deepEqual(checkMetadata(full, PRODUCTION), { metadata: full, problems: [] });
  });

  it('may have no grant, for an API that only introspects', () => {
    assert.deepEqual(problems({ grant_types: [] }), []);
  });

  it('may have loopback redirect URIs alone, as a command-line client does', () => {
    assert.deepEqual(
      problems({ loopback_redirect_uris: ['http://localhost:8000', 'http://localhost:18000'] }),
      [],
    );
  });

  it('may have trust_loopback: false anywhere', () => {
    assert.deepEqual(problems({ ...WEB, trust_loopback: false }), []);
  });

  const rejected: [title: string, input: Record<string, unknown>, problem: string][] = [
    [
      'an unknown member',
      { ...WEB, redirect_urls: [] },
      'redirect_urls: unknown client metadata; did you mean redirect_uris?',
    ],
    ['a member near to none', { ...WEB, zzzzzzzz: 1 }, 'zzzzzzzz: unknown client metadata'],
    ['no redirect URI', {}, 'redirect_uris: at least one is needed with the authorization_code grant'],
    [
      'redirect URIs that are not a list',
      { redirect_uris: 'https://rp.example/cb' },
      'redirect_uris: must be a list of URIs',
    ],
    [
      'http on a loopback address among the redirect URIs',
      { redirect_uris: ['http://localhost:8250/cb'] },
      'redirect_uris: "http://localhost:8250/cb" must be https; http on a loopback address is for development and for loopback_redirect_uris',
    ],
    [
      'a loopback redirect URI that is none',
      { ...WEB, loopback_redirect_uris: ['https://rp.example/cb'] },
      'loopback_redirect_uris: "https://rp.example/cb" must be http on a loopback address, such as http://localhost:8250/oidc/callback',
    ],
    [
      'loopback redirect URIs of a native client',
      {
        application_type: 'native',
        redirect_uris: ['http://localhost/cb'],
        loopback_redirect_uris: ['http://localhost/cb'],
      },
      'loopback_redirect_uris: is for web clients; a native client has them in redirect_uris, with any port',
    ],
    [
      'trust in loopback redirect URIs that it has not',
      { ...WEB, trust_loopback: true },
      'trust_loopback: is for native clients and for web clients with loopback_redirect_uris',
    ],
    [
      'a redirect URI that is wrong',
      { redirect_uris: ['https://rp.example/#x'] },
      'redirect_uris: "https://rp.example/#x" has a fragment (RFC 6749 §3.1.2)',
    ],
    [
      'a post-logout redirect URI that is wrong',
      { ...WEB, post_logout_redirect_uris: ['data:x'] },
      'post_logout_redirect_uris: "data:x" uses the data scheme, which is not allowed: browsers or operating systems interpret it',
    ],
    [
      'the password grant',
      { ...WEB, grant_types: ['password'] },
      `grant_types.0: must be ${GRANT_TYPE_NAMES.join(' or ')}`,
    ],
    [
      'a grant without its response type',
      { ...WEB, response_types: [] },
      'response_types: must contain code when grant_types contains authorization_code',
    ],
    [
      'a response type without its grant',
      { ...MACHINE, response_types: ['code'] },
      'response_types: code needs authorization_code in grant_types',
    ],
    [
      'refresh tokens without sign-in',
      { grant_types: ['client_credentials', 'refresh_token'] },
      'grant_types: refresh_token needs authorization_code',
    ],
    [
      'client credentials of a public client',
      { ...MACHINE, token_endpoint_auth_method: 'none' },
      'grant_types: client_credentials needs a client that authenticates (RFC 6749 §4.4)',
    ],
    [
      'an unsupported authentication method',
      { ...WEB, token_endpoint_auth_method: 'tls_client_auth' },
      'token_endpoint_auth_method: must be client_secret_basic or client_secret_post or client_secret_jwt or private_key_jwt or none',
    ],
    [
      'private_key_jwt without keys',
      { ...WEB, token_endpoint_auth_method: 'private_key_jwt' },
      'jwks: needed with private_key_jwt; give the public keys, or their address as jwks_uri',
    ],
    [
      'a private key',
      { ...WEB, jwks: { keys: [PRIVATE] } },
      'jwks.keys.0: is not public; register the public key only, and treat this one as disclosed',
    ],
    [
      'a symmetric key',
      { ...WEB, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
      'jwks.keys.0: is not public; register the public key only, and treat this one as disclosed',
    ],
    [
      'a key for another use',
      { ...WEB, jwks: { keys: [{ ...PUBLIC, use: 'tls' }] } },
      'jwks.keys.0: is neither for signatures nor for encryption (use)',
    ],
    [
      'a weak key',
      { ...WEB, jwks: { keys: [WEAK] } },
      'jwks.keys.0: is an RSA key of 1024 bits; at least 2048 are needed',
    ],
    [
      'a damaged key',
      { ...WEB, jwks: { keys: [{ kty: 'RSA', n: '!' }] } },
      'jwks.keys.0: is not a key that can be used: n is not base64url',
    ],
    ['an empty key set', { ...WEB, jwks: { keys: [] } }, 'jwks.keys: has no key'],
    [
      'keys that are not a key set',
      { ...WEB, jwks: [PUBLIC] },
      'jwks: must be a JWK Set: an object with a list of keys',
    ],
    [
      'an unknown scope',
      { ...WEB, scope: 'openid messages:raed' },
      'scope: messages:raed is neither of OpenID Connect nor of a declared API; did you mean messages:read?',
    ],
    [
      'a scope about people without people',
      { ...MACHINE, scope: 'email' },
      'scope: email needs the authorization_code grant',
    ],
    [
      'offline_access without refresh tokens',
      { ...WEB, scope: 'openid offline_access' },
      'scope: offline_access needs the refresh_token grant',
    ],
    ['a negative max_age', { ...WEB, default_max_age: -1 }, 'default_max_age: must not be negative'],
    [
      'a fractional max_age',
      { ...WEB, default_max_age: 1.5 },
      'default_max_age: must be a number of seconds',
    ],
    [
      'an http login URI',
      { ...WEB, initiate_login_uri: 'http://rp.example' },
      'initiate_login_uri: must be an https URL',
    ],
    [
      'a script as logo',
      { ...WEB, logo_uri: 'javascript:alert(1)' },
      'logo_uri: must be an http or https URL',
    ],
    [
      'a name with a control character',
      { ...WEB, client_name: 'a\u001bb' },
      'client_name: contains a control character',
    ],
    [
      'a list of roles',
      { ...WEB, roles: ['editors'] },
      'roles: must be roles with their groups: { writer: [editors] }',
    ],
    ['a switch that is text', { ...WEB, first_party: 'yes' }, 'first_party: must be true or false'],
    [
      'contacts that are not email addresses',
      { ...WEB, contacts: ['ops'] },
      'contacts.0: must be email addresses',
    ],
    [
      'an unknown application type',
      { ...WEB, application_type: 'desktop' },
      'application_type: must be web or native',
    ],
  ];
  for (const [title, input, problem] of rejected) {
    it(`cannot have ${title}`, () => assert.deepEqual(problems(input), [problem]));
  }

  it('is rejected with all problems at once', () => {
    assert.deepEqual(
      problems({ redirect_uri: 'x', first_party: 1, redirect_uris: ['data:x'], scope: 'nonsense' }).map(
        (problem) => problem.split(':')[0],
      ),
      ['redirect_uri', 'first_party', 'redirect_uris', 'scope'],
    );
  });

  it('accepts no member whose name is a property name of every object', () => {
    const input: Record<string, unknown> = JSON.parse(
      `{ "constructor": 1, "toString": 1, "redirect_uris": ["https://rp.example/cb"] }`,
    );
    assert.equal(problems(input).length, 2);
  });
});
