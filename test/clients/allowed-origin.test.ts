import assert from 'node:assert/strict';
import { allowedOriginProblem, allowedOriginsProblems } from '../../src/clients/allowed-origin.ts';

describe('An allowed origin can be registered', () => {
  for (const origin of [
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'https://localhost',
    'http://localhost',
    'http://localhost:8100',
    'http://127.0.0.1:8100',
    'http://[::1]:8100',
    'http://tauri.localhost',
    'https://app.example.com',
    'https://app.example.com:8443',
    'https://xn--bcher-kva.example',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  ]) {
    it(origin, () => assert.equal(allowedOriginProblem(origin), undefined));
  }
});

describe('An allowed origin cannot be registered', () => {
  const cases: [origin: string, problem: RegExp][] = [
    ['', /is not an origin/],
    ['null', /every sandboxed frame/],
    ['*', /wildcard/],
    ['https://*.example.com', /wildcard/],
    ['app.example.com', /is not an origin/],
    ['capacitor:localhost', /is not an origin/],
    ['com.example.app:/cb', /is not an origin/],
    ['https://', /is not an origin/],
    ['https://app.example.com/', /is https:\/\/app\.example\.com as an origin/],
    ['https://app.example.com/app', /is https:\/\/app\.example\.com as an origin/],
    ['https://app.example.com?x', /is https:\/\/app\.example\.com as an origin/],
    ['https://App.example.com', /is https:\/\/app\.example\.com as an origin/],
    ['https://app.example.com:443', /is https:\/\/app\.example\.com as an origin/],
    ['http://[0:0:0:0:0:0:0:1]:8100', /is http:\/\/\[::1\]:8100 as an origin/],
    ['capacitor://localhost/', /without a path/],
    ['Capacitor://localhost', /lower case/],
    ['https://user@app.example.com', /user name or password/],
    ['capacitor://user@localhost', /is not an origin/],
    ['http://app.example.com', /must be https; http is for localhost/],
    ['http://localhost.evil.example', /must be https; http is for localhost/],
    ['file://localhost', /has no origin of its own/],
    ['data://localhost', /has no origin of its own/],
    ['javascript://localhost', /has no origin of its own/],
    ['blob://localhost', /has no origin of its own/],
    ['https://app.example.com, https://evil.example', /is not an origin/],
    ['https://app.example.com https://evil.example', /is not an origin/],
    ['https://app.example.com\r\nX: y', /is not an origin/],
  ];
  for (const [origin, problem] of cases) {
    it(JSON.stringify(origin), () => assert.match(allowedOriginProblem(origin) ?? '', problem));
  }
});

describe('The allowed origins of a client', () => {
  const origins = ['capacitor://localhost', 'https://localhost/app'];

  it('are checked one by one', () => {
    assert.deepEqual(
      allowedOriginsProblems({ token_endpoint_auth_method: 'none', allowed_origins: origins }),
      ['allowed_origins: "https://localhost/app" is https://localhost as an origin; write it so'],
    );
  });

  it('are for public clients', () => {
    const confidential = { token_endpoint_auth_method: 'client_secret_basic' };
    assert.deepEqual(allowedOriginsProblems(confidential), []);
    assert.deepEqual(allowedOriginsProblems({ ...confidential, allowed_origins: origins }), [
      'allowed_origins: for public clients (token_endpoint_auth_method none); a page cannot keep a secret',
    ]);
  });
});
