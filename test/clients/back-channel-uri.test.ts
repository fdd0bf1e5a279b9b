import assert from 'node:assert/strict';
import { backChannelUriProblems } from '../../src/clients/back-channel-uri.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { parseConfig } from '../../src/config/config.ts';

describe('backchannel_logout_uri (OpenID Connect Back-Channel Logout 1.0 §2.2)', () => {
  const problems = (uri: string, fetchesHttp = false) =>
    backChannelUriProblems({ backchannel_logout_uri: uri }, { fetchesHttp }).map((problem) =>
      problem.replace('backchannel_logout_uri: ', ''),
    );

  it('is https, or http where documents are fetched over http', () => {
    assert.deepEqual(problems('https://rp.example/out?tenant=1'), []);
    const http = ['must be an https URL without a user name, of 2048 characters at most'];
    assert.deepEqual(problems('http://127.0.0.1:1/out'), http);
    assert.deepEqual(problems('http://127.0.0.1:1/out', true), []);
  });

  it('has no fragment, user name or password, and a limited length', () => {
    assert.deepEqual(problems('https://rp.example/out#'), ['must not have a fragment']);
    for (const uri of ['https://a:b@rp.example/', `https://rp.example/${'a'.repeat(2048)}`])
      assert.equal(problems(uri).length, 1);
  });

  it('is a web address, and needed where the session is required', () => {
    const context = metadataContext(parseConfig({ issuer: 'https://login.example' }));
    const check = (metadata: object) =>
      checkMetadata({ redirect_uris: ['https://rp.example/cb'], ...metadata }, context).problems;
    assert.deepEqual(check({ backchannel_logout_uri: 'gopher://rp.example/' }), [
      'backchannel_logout_uri: must be an http or https URL',
    ]);
    assert.deepEqual(check({ backchannel_logout_session_required: true }), [
      'backchannel_logout_session_required: needs backchannel_logout_uri',
    ]);
  });
});
