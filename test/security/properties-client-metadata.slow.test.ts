import assert from 'node:assert/strict';
import {
  type Arbitrary,
  anything,
  asyncProperty,
  array,
  boolean,
  constant,
  constantFrom,
  dictionary,
  oneof,
  record,
  webUrl,
} from 'fast-check';
import { anyText } from '../support/any-text.ts';
import type { MetadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { redirectUriProblem } from '../../src/clients/redirect-uri.ts';
import { DEMO_API } from '../../src/config/demo.ts';
import { mutationOf } from './support/mutation.ts';
import { property } from './support/property.ts';

const CONTEXT = {
  apis: [DEMO_API],
  mode: 'production',
  signingAlgorithms: ['RS256'],
} satisfies MetadataContext;
const SCOPES = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
  ...Object.keys(DEMO_API.scopes),
]);

const words = anyText(40);
const uri = oneof(
  constantFrom(
    'https://rp.example/cb',
    'com.example.app:/cb',
    'http://127.0.0.1/cb',
    'http://localhost:8250/cb',
    'myapp://cb',
    'javascript:alert(1)',
    'intent://cb',
    'http://rp.example/cb',
    '//rp.example',
  ),
  mutationOf(constantFrom('https://rp.example/cb', 'com.example.app:/cb', 'http://localhost:8250/cb')),
  webUrl({ withFragments: true }),
  words,
);
const grants = array(
  constantFrom(
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'implicit',
    'password',
    '__proto__',
  ),
  { maxLength: 3 },
);

/** Mostly of the right type, sometimes any value. */
const loosely = <Value>(of: Arbitrary<Value>): Arbitrary<unknown> =>
  oneof({ weight: 6, arbitrary: of }, anything());

const metadata = oneof(
  record(
    {
      client_name: loosely(words),
      client_uri: loosely(uri),
      logo_uri: loosely(uri),
      application_type: loosely(constantFrom('web', 'native', 'desktop')),
      redirect_uris: loosely(array(uri, { maxLength: 3 })),
      post_logout_redirect_uris: loosely(array(uri, { maxLength: 2 })),
      loopback_redirect_uris: loosely(array(uri, { maxLength: 2 })),
      trust_loopback: loosely(boolean()),
      grant_types: loosely(grants),
      response_types: loosely(array(constantFrom('code', 'token', 'id_token'), { maxLength: 2 })),
      token_endpoint_auth_method: loosely(
        constantFrom('client_secret_basic', 'none', 'private_key_jwt', 'client_secret_jwt'),
      ),
      jwks: loosely(
        constantFrom({ keys: [] }, { keys: [{ kty: 'oct', k: 'AAAA' }] }, { keys: [{ kty: 'RSA', d: 'x' }] }),
      ),
      scope: loosely(
        array(constantFrom(...SCOPES, 'admin', ''), { maxLength: 4 }).map((all) => all.join(' ')),
      ),
      default_max_age: loosely(constantFrom(-1, 0, 60, 1.5, Number.NaN, Number.POSITIVE_INFINITY)),
      pkce: loosely(constantFrom('required', 'required_or_nonce', 'optional', 'never')),
      require_pkce: loosely(constantFrom(true, false)),
      assertion_audience: loosely(constantFrom('issuer', 'legacy', 'token')),
      jwks_uri: uri,
      sector_identifier_uri: uri,
      backchannel_logout_uri: uri,
    },
    { requiredKeys: [] },
  ),
  dictionary(words, anything(), { maxKeys: 5 }),
  constant(
    JSON.parse('{"__proto__":{"redirect_uris":["javascript:alert(1)"]},"constructor":1}') as Record<
      string,
      unknown
    >,
  ),
);

describe('Properties of client metadata: every problem is named, and accepted metadata is valid', () => {
  property('any registration (RFC 7591 §2)', 1500, () =>
    asyncProperty(metadata, async (input) => {
      const { metadata: accepted, problems } = checkMetadata(input, CONTEXT);
      for (const problem of problems) assert.match(problem, /^[^\n]{1,3000}$/u);
      if (problems.length > 0) return;
      const rules = {
        applicationType: accepted.application_type,
        isImplicit: accepted.grant_types.includes('implicit'),
        mode: CONTEXT.mode,
      };
      for (const uri of [...accepted.redirect_uris, ...accepted.post_logout_redirect_uris]) {
        assert.equal(redirectUriProblem(uri, rules), undefined);
        assert.doesNotMatch(uri, /^(?:javascript|data|vbscript|file|blob|about|intent|chrome|ms-\w+):/i);
        assert.doesNotMatch(uri, /[\s#*\\]/);
      }
      for (const uri of accepted.loopback_redirect_uris ?? []) {
        assert.match(uri, /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d*)?(?:[/?][^\s#*\\]*)?$/i);
        assert.equal(accepted.application_type, 'web');
      }
      const code = accepted.grant_types.includes('authorization_code');
      const addresses = [...accepted.redirect_uris, ...(accepted.loopback_redirect_uris ?? [])];
      assert.ok(!code || addresses.length > 0);
      assert.deepEqual(
        accepted.response_types,
        code ? accepted.response_types.filter((type) => type === 'code') : [],
      );
      for (const token of accepted.scope.split(' ')) assert.ok(token === '' || SCOPES.has(token), token);
      if (accepted.token_endpoint_auth_method === 'none') {
        assert.ok(!accepted.grant_types.includes('client_credentials'));
        assert.ok([undefined, 'required'].includes(accepted.pkce) && accepted.require_pkce !== false);
      }
      assert.doesNotMatch(JSON.stringify(accepted.jwks ?? {}), /"(?:d|k|p|q)":/);
      assert.equal(Object.getPrototypeOf(accepted), Object.prototype);
    }),
  );
});
