import assert from 'node:assert/strict';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { pkcePolicy, withPkcePolicy } from '../../src/clients/pkce.ts';

describe('Which requests of a client need PKCE', () => {
  const cases: [metadata: object, policy: string][] = [
    [{}, 'required_or_nonce'],
    [{ pkce: 'required' }, 'required'],
    [{ pkce: 'required_or_nonce' }, 'required_or_nonce'],
    [{ pkce: 'optional' }, 'optional'],
    [{ pkce: 'of a later version' }, 'required'],
    [{ require_pkce: true }, 'required'],
    [{ require_pkce: false }, 'optional'],
    [{ pkce: 'required', require_pkce: false }, 'required'],
  ];
  for (const [metadata, policy] of cases) {
    it(`${JSON.stringify(metadata)}: ${policy}, and required for a public client`, () => {
      const confidential = { token_endpoint_auth_method: 'client_secret_basic', ...metadata };
      assert.equal(pkcePolicy(confidential), policy);
      assert.equal(pkcePolicy({ ...metadata, token_endpoint_auth_method: 'none' }), 'required');
    });
  }

  it('a former name beside an undefined one counts', () => {
    assert.equal(pkcePolicy({ pkce: undefined, require_pkce: false }), 'optional');
  });

  it('the former name becomes the present one', () => {
    assert.deepEqual(withPkcePolicy({ scope: 'openid', require_pkce: false }), {
      pkce: 'optional',
      scope: 'openid',
    });
    assert.deepEqual(withPkcePolicy({ require_pkce: true }), { pkce: 'required' });
    assert.deepEqual(withPkcePolicy({ pkce: 'required' }), { pkce: 'required' });
  });
});

describe('Client metadata about PKCE and assertions', () => {
  const problems = (input: Record<string, unknown>): string[] =>
    checkMetadata(input, { apis: [], mode: 'production', signingAlgorithms: ['RS256'] }).problems;
  const WEB = { redirect_uris: ['https://rp.example/cb'] };

  it('may have the former name of its rule for PKCE', () => {
    for (const required of [true, false]) assert.deepEqual(problems({ ...WEB, require_pkce: required }), []);
    const spa = { ...WEB, token_endpoint_auth_method: 'none' };
    for (const rule of [{ pkce: 'required' }, { require_pkce: true }])
      assert.deepEqual(problems({ ...spa, ...rule }), []);
  });

  const rejected: [title: string, input: Record<string, unknown>, problem: string][] = [
    [
      'an unknown rule for PKCE',
      { ...WEB, pkce: 'never' },
      'pkce: must be required or required_or_nonce or optional',
    ],
    [
      'the rule for PKCE under both of its names',
      { ...WEB, pkce: 'optional', require_pkce: false },
      'require_pkce: is the former name of pkce, which is given too; remove it',
    ],
    [
      'a nonce instead of PKCE in a public client',
      { ...WEB, token_endpoint_auth_method: 'none', pkce: 'required_or_nonce' },
      'pkce: required_or_nonce needs a client that authenticates; a public client must use PKCE (RFC 9700 §2.1.1)',
    ],
    [
      'optional PKCE in a public client',
      { ...WEB, token_endpoint_auth_method: 'none', pkce: 'optional' },
      'pkce: optional needs a client that authenticates; a public client must use PKCE (RFC 9700 §2.1.1)',
    ],
    [
      'an unknown audience of assertions',
      { ...WEB, assertion_audience: 'token' },
      'assertion_audience: must be issuer or legacy',
    ],
    [
      'a public client without PKCE',
      { ...WEB, token_endpoint_auth_method: 'none', require_pkce: false },
      'require_pkce: a public client cannot do without PKCE (RFC 9700 §2.1.1)',
    ],
  ];
  for (const [title, input, problem] of rejected) {
    it(`cannot have ${title}`, () => assert.deepEqual(problems(input), [problem]));
  }
});
