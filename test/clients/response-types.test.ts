import assert from 'node:assert/strict';
import type { MetadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { changeMetadata } from '../../src/clients/metadata-change.ts';
import { RESPONSE_TYPES } from '../../src/clients/response-types.ts';
import { clientWarnings } from '../../src/clients/warnings.ts';

const PRODUCTION: MetadataContext = { apis: [], mode: 'production', signingAlgorithms: ['RS256'] };
const DEVELOPMENT: MetadataContext = { ...PRODUCTION, mode: 'development' };
const WEB = { redirect_uris: ['https://rp.example/cb'] };
const IMPLICIT = { ...WEB, grant_types: ['implicit'], response_types: ['id_token'] };
const HYBRID = { ...WEB, grant_types: ['authorization_code', 'implicit'], response_types: ['code id_token'] };

const problems = (input: Record<string, unknown>, context = PRODUCTION): string[] =>
  checkMetadata(input, context).problems;

describe('Response types of a client (RFC 7591 §2.1)', () => {
  it('are those of OpenID Connect, with their grant types, in any order of their values', () => {
    for (const type of RESPONSE_TYPES) {
      const grants = [
        ...(type.includes('code') ? ['authorization_code'] : []),
        ...(type.includes('token') ? ['implicit'] : []),
      ];
      const turned = type.split(' ').toReversed().join(' ');
      const { metadata, problems: found } = checkMetadata(
        { ...WEB, grant_types: grants, response_types: [turned] },
        PRODUCTION,
      );
      assert.deepEqual(
        [found, metadata.response_types, metadata.scope],
        [[], [type], 'openid profile email'],
      );
    }
  });

  const LIST = RESPONSE_TYPES.join(', ');
  const rejected: [title: string, input: Record<string, unknown>, problems: string[]][] = [
    [
      'token alone',
      { ...IMPLICIT, response_types: ['token'] },
      [`response_types.0: must be a list of: ${LIST}`],
    ],
    ['none', { ...WEB, response_types: ['none'] }, [`response_types.0: must be a list of: ${LIST}`]],
    [
      'a value twice',
      { ...IMPLICIT, response_types: ['id_token id_token'] },
      [`response_types.0: must be a list of: ${LIST}`],
    ],
    [
      'no text',
      { ...IMPLICIT, response_types: [{ toString: 1 }] },
      [`response_types.0: must be a list of: ${LIST}`],
    ],
    [
      'one of the front channel without the implicit grant',
      { ...WEB, response_types: ['code', 'code id_token'] },
      ['response_types: code id_token needs implicit in grant_types'],
    ],
    [
      'the implicit grant without one of the front channel',
      { ...WEB, grant_types: ['authorization_code', 'implicit'] },
      [
        `response_types: must contain one of ${RESPONSE_TYPES.slice(1).join(', ')} when grant_types contains implicit`,
      ],
    ],
    [
      'a hybrid one without the authorization_code grant',
      { ...HYBRID, grant_types: ['implicit'] },
      ['response_types: code id_token needs authorization_code in grant_types'],
    ],
    [
      'a code grant without one with a code',
      { ...IMPLICIT, grant_types: ['authorization_code', 'implicit'] },
      ['response_types: must contain code when grant_types contains authorization_code'],
    ],
    [
      'refresh tokens without a code',
      { ...IMPLICIT, grant_types: ['implicit', 'refresh_token'] },
      ['grant_types: refresh_token needs authorization_code'],
    ],
    [
      'tokens in the query alone',
      { ...HYBRID, response_modes: ['query'] },
      ['response_modes: must contain fragment or form_post, in which code id_token is answered'],
    ],
    [
      'tokens without a redirect URI',
      { ...IMPLICIT, redirect_uris: [] },
      ['redirect_uris: at least one is needed with the implicit grant'],
    ],
    [
      'tokens for localhost (OpenID Connect Dynamic Client Registration §2)',
      { ...IMPLICIT, redirect_uris: ['https://localhost/cb'] },
      [
        'redirect_uris: "https://localhost/cb" must not be on localhost with the implicit grant (OpenID Connect Dynamic Client Registration §2)',
      ],
    ],
    [
      'tokens for a tool on the device',
      { ...HYBRID, loopback_redirect_uris: ['http://localhost:8250/cb'] },
      [
        'loopback_redirect_uris: are not for the implicit grant (OpenID Connect Dynamic Client Registration §2)',
      ],
    ],
  ];
  for (const [title, input, expected] of rejected) {
    it(`cannot have ${title}`, () => assert.deepEqual(problems(input), expected));
  }

  it('may be for localhost in development', () => {
    const redirect_uris = ['https://localhost/cb', 'http://localhost:3002/cb'];
    assert.deepEqual(problems({ ...HYBRID, redirect_uris }, DEVELOPMENT), []);
  });

  it('stay when its grant types change, where they are not the default', () => {
    const { metadata } = checkMetadata(HYBRID, PRODUCTION);
    const change = (grant_types: string[]) =>
      changeMetadata({ id: 'x', metadata }, { grant_types }, PRODUCTION);
    const more = change(['authorization_code', 'implicit', 'refresh_token']);
    assert.deepEqual([more.problems, more.metadata.response_types], [[], ['code id_token']]);
    assert.deepEqual(change(['authorization_code']).problems, [
      'response_types: code id_token needs implicit in grant_types',
    ]);
  });

  it('of the front channel have a warning (RFC 9700 §2.1.2)', () => {
    assert.deepEqual(clientWarnings(WEB), []);
    assert.deepEqual(clientWarnings(IMPLICIT), [
      'response_types: id_token issues ID tokens through the browser, with the implicit grant, which is no longer recommended; use code with PKCE where the application can',
    ]);
    assert.deepEqual(clientWarnings({ ...HYBRID, response_types: ['code id_token', 'token code'] }), [
      'response_types: code token issues access tokens through the browser, where they leak and can be injected: it is no longer recommended (RFC 9700 §2.1.2); use code with PKCE where the application can',
    ]);
  });
});
