import assert from 'node:assert/strict';
import { checkMetadata } from '../../src/clients/metadata.ts';

/** Metadata with a URL that the server requests. */
describe('a jwks_uri', () => {
  const problems = (input: object, fetchesHttp?: boolean) =>
    checkMetadata(
      { redirect_uris: ['https://rp.example/cb'], ...input },
      { apis: [], mode: 'development', signingAlgorithms: ['RS256'], fetchesHttp },
    ).problems;
  const invalid = ['jwks_uri: must be an https URL without a user name, of 2048 characters at most'];

  it('is an https URL without a user name; it may be http where documents are fetched over http', () => {
    const uri = (jwks_uri: string, fetchesHttp?: boolean) => problems({ jwks_uri }, fetchesHttp);
    assert.deepEqual(uri('https://rp.example/jwks'), []);
    for (const url of [
      'http://rp.example/jwks',
      'https://a:b@rp.example/jwks',
      'rp.example/jwks',
      'file:///jwks',
    ]) {
      assert.deepEqual(uri(url), invalid, url);
    }
    assert.deepEqual(uri('http://localhost:3000/jwks', true), []);
    assert.deepEqual(uri('file:///jwks', true), invalid);
  });

  it('takes the place of jwks, and is not beside it', () => {
    const jwks_uri = 'https://rp.example/jwks';
    assert.deepEqual(problems({ jwks_uri, token_endpoint_auth_method: 'private_key_jwt' }), []);
    const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    assert.deepEqual(problems({ jwks_uri, jwks: { keys: [key] } }), [
      'jwks_uri: cannot be together with jwks; give the keys, or the address of the keys',
    ]);
  });
});
