import assert from 'node:assert/strict';
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
