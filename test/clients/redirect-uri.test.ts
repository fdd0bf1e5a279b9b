import assert from 'node:assert/strict';
import { redirectUriProblem, type RedirectRules } from '../../src/clients/redirect-uri.ts';

const WEB: RedirectRules = { applicationType: 'web', mode: 'production' };
const WEB_IN_DEVELOPMENT: RedirectRules = { applicationType: 'web', mode: 'development' };
const NATIVE: RedirectRules = { applicationType: 'native', mode: 'production' };

describe('A redirect URI can be registered', () => {
  const cases: [uri: string, rules: RedirectRules][] = [
    ['https://rp.example/cb', WEB],
    ['https://rp.example/cb?tenant=1', WEB],
    ['https://rp.example:8443/a/b%20c', WEB],
    ['http://localhost:3002/callback', WEB_IN_DEVELOPMENT],
    ['http://127.0.0.1/cb', WEB_IN_DEVELOPMENT],
    ['http://[::1]:3000/cb', WEB_IN_DEVELOPMENT],
    ['http://127.0.0.1/cb', NATIVE],
    ['http://[::1]/cb', NATIVE],
    ['http://localhost:1234/cb', NATIVE],
    ['https://app.example/cb', NATIVE],
    ['com.example.app:/cb', NATIVE],
    ['com.example.app://cb', NATIVE],
  ];
  for (const [uri, rules] of cases) {
    it(`${uri} by a ${rules.applicationType} client in ${rules.mode}`, () => {
      assert.equal(redirectUriProblem(uri, rules), undefined);
    });
  }
});

describe('A redirect URI cannot be registered', () => {
  const cases: [uri: string, rules: RedirectRules, problem: RegExp][] = [
    ['/cb', WEB, /not an absolute URI/],
    ['//rp.example/cb', WEB, /not an absolute URI/],
    ['rp.example/cb', WEB, /not an absolute URI/],
    ['https:/rp.example/cb', WEB, /not an absolute URI/],
    ['https:rp.example/cb', WEB, /not an absolute URI/],
    ['https:///rp.example/cb', WEB, /not an absolute URI/],
    ['https://', WEB, /not an absolute URI/],
    ['', WEB, /character/],
    [' https://rp.example/cb', WEB, /character/],
    ['https://rp.example/cb ', WEB, /character/],
    ['https://rp.example\\@evil.example/cb', WEB, /character/],
    ['https://rp.example/\ncb', WEB, /character/],
    ['https://rp.example/\0', WEB, /character/],
    ['https://ｒｐ.example/cb', WEB, /character/],
    ['https://rp.example/cb#', WEB, /fragment/],
    ['https://rp.example/cb#x', WEB, /fragment/],
    ['com.example.app:/cb#x', NATIVE, /fragment/],
    ['https://*.rp.example/cb', WEB, /wildcard/],
    ['https://rp.example/*', WEB, /wildcard/],
    ['https://user@rp.example/cb', WEB, /user name or password/],
    ['https://user:pw@rp.example/cb', WEB, /user name or password/],
    ['http://rp.example/cb', WEB, /must be https/],
    ['http://rp.example/cb', WEB_IN_DEVELOPMENT, /must be https/],
    ['http://localhost.rp.example/cb', WEB_IN_DEVELOPMENT, /must be https/],
    ['http://localhost/cb', WEB, /is for development/],
    ['http://127.0.0.1/cb', WEB, /is for development/],
    ['com.example.app:/cb', WEB, /application_type native/],
    ['http://rp.example/cb', NATIVE, /loopback/],
    ['http://127.0.0.1.rp.example/cb', NATIVE, /loopback/],
    ['https://localhost/cb', NATIVE, /must be http/],
    ['myapp:/cb', NATIVE, /scheme with a dot/],
    ['mailto:a@b.example', NATIVE, /scheme with a dot/],
  ];
  for (const [uri, rules, problem] of cases) {
    it(`${JSON.stringify(uri)} by a ${rules.applicationType} client in ${rules.mode}`, () => {
      assert.match(redirectUriProblem(uri, rules) ?? 'may be registered', problem);
    });
  }

  for (const scheme of ['javascript', 'JavaScript', 'data', 'vbscript', 'file', 'about', 'blob']) {
    for (const rules of [WEB, WEB_IN_DEVELOPMENT, NATIVE]) {
      it(`with the scheme ${scheme}: by a ${rules.applicationType} client in ${rules.mode}`, () => {
        assert.match(redirectUriProblem(`${scheme}:alert(1)`, rules) ?? '', /scheme, which is not allowed/);
      });
    }
  }
});
