import assert from 'node:assert/strict';
import { registrationPolicy } from '../../src/clients/self-registration/policy.ts';
import { requestedMetadata } from '../../src/clients/self-registration/requested-metadata.ts';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { warnAboutSettings } from '../../src/cli/start-warnings.ts';
import { authorizationRequest, authorize, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const PROFILE = { profile: 'conformance' } as const;
const PUBLIC = 'public';
const NEITHER = { code_challenge: undefined, code_challenge_method: undefined, nonce: undefined };

describe('profile: conformance', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      ...PROFILE,
      clients: [
        {
          client_id: PUBLIC,
          redirect_uris: [WEB.redirectUri],
          token_endpoint_auth_method: 'none',
          first_party: true,
        },
      ],
    });
  });
  after(() => server.stop());

  it('lets every client omit PKCE, also a public one', async () => {
    for (const client_id of [PUBLIC, WEB.id]) {
      const request = authorizationRequest(server.issuer, { client_id, ...NEITHER });
      const callback = await authorize(new UserAgent(), request);
      assert.notEqual(callback.searchParams.get('code'), null, callback.href);
    }
  });

  it('is named on every page', async () => {
    const request = authorizationRequest(server.issuer);
    const { response } = await new UserAgent().follow(request.url);
    assert.match(await response.text(), /<strong>Conformance profile<\/strong> Not for people/);
  });

  it('is reported by each start, in capitals', () => {
    const warned = (input: Partial<ConfigInput>): string[] => {
      const lines: string[] = [];
      warnAboutSettings({ warn: (_details, message) => lines.push(message) }, parseConfig(input));
      return lines;
    };
    assert.match(
      warned({ ...PROFILE, demo: false }).join(),
      /^profile: conformance: THIS SERVER IS FOR TESTS ONLY/,
    );
    assert.deepEqual(warned({ demo: false }), []);
  });

  it('lets assertions of clients that register themselves name the token endpoint', () => {
    const audience = (input: Partial<ConfigInput>, method: string): unknown => {
      const config = parseConfig({ demo: false, ...input });
      const request = { redirect_uris: ['https://app.example/callback'], token_endpoint_auth_method: method };
      return requestedMetadata('id', request, registrationPolicy(config), config).metadata.assertion_audience;
    };
    assert.equal(audience(PROFILE, 'private_key_jwt'), 'legacy');
    assert.equal(audience(PROFILE, 'client_secret_basic'), undefined);
    assert.equal(audience({ registration: 'open' }, 'private_key_jwt'), undefined);
  });

  const real: [what: string, input: Partial<ConfigInput>, words: string][] = [
    ['keys: store', { keys: 'store', masterKey: Buffer.alloc(32).toString('base64') }, 'keys in the store'],
    [
      'an HSM',
      { hsm: { uri: 'pkcs11:token=signet?module-path=/lib/hsm.so', pin: '1234' } },
      'keys in an HSM',
    ],
  ];
  for (const [what, input, words] of real) {
    it(`is refused with ${what}`, () => {
      assert.throws(
        () => parseConfig({ ...PROFILE, ...input }),
        (error) => {
          assert.ok(error instanceof ConfigurationError);
          assert.deepEqual(error.problems, [
            `profile: conformance is for tests and is refused with ${words}; remove it`,
          ]);
          return true;
        },
      );
    });
  }
});
