import assert from 'node:assert/strict';
import type { Client } from 'oidc-provider';
import { clientHome } from '../../src/oidc/authorization/client-home.ts';

describe('the link back to an app', () => {
  const home = (metadata: Partial<Client>) =>
    clientHome({ clientId: 'app', applicationType: 'web', ...metadata } as Client, []);

  it('is its registered site', () => {
    const clientUri = 'https://app.example/start?a=b';
    assert.deepEqual(home({ clientName: 'App', clientUri, redirectUris: ['https://other.example/cb'] }), {
      name: 'App',
      url: clientUri,
    });
  });

  const cases: [what: string, metadata: Partial<Client>, url: string | undefined][] = [
    [
      'where its sign-ins return, without the path',
      { redirectUris: ['https://app.example/cb?x'] },
      'https://app.example',
    ],
    ['on localhost too', { redirectUris: ['http://localhost:3002/callback'] }, 'http://localhost:3002'],
    ['a site that is one, when the registered one is none', { clientUri: 'javascript:alert(1)' }, undefined],
    ['nothing, when it has no address', {}, undefined],
    [
      'nothing that a browser cannot open',
      { applicationType: 'native', redirectUris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] },
      undefined,
    ],
    [
      'nothing, when it has only a tool on the device of the person',
      {
        redirectUris: ['http://localhost:8250/cb'],
        loopback_redirect_uris: ['http://localhost:8250/cb'],
      },
      undefined,
    ],
    [
      'the https address of an app on a device',
      { applicationType: 'native', redirectUris: ['http://[::1]/cb', 'https://app.example/cb'] },
      'https://app.example',
    ],
  ];
  for (const [what, metadata, url] of cases) {
    it(`is ${what}`, () => assert.deepEqual(home(metadata), { name: 'app', url }));
  }
});
