import assert from 'node:assert/strict';
import {
  hasDotlessScheme,
  loopbackUriProblem,
  redirectUriProblem,
  type RedirectRules,
} from '../../src/clients/redirect-uri.ts';

const WEB: RedirectRules = { applicationType: 'web', isImplicit: false, mode: 'production' };
const WEB_IN_DEVELOPMENT: RedirectRules = { applicationType: 'web', isImplicit: false, mode: 'development' };
const NATIVE: RedirectRules = { applicationType: 'native', isImplicit: false, mode: 'production' };

/** A sample of each group. */
const DENIED = [
  'javascript data vbscript file about blob filesystem view-source jar resource chrome',
  'chrome-extension moz-extension edge brave opera devtools safari-web-extension ws wss ftp sftp',
  'ssh telnet ldap smb nfs vnc rdp mailto tel sms facetime web+app ext+app magnet bitcoin webcal',
  'intent content android-app market itms-services shortcuts applescript ms-msdt ms-officecmd',
  'ms-appinstaller search-ms search microsoft-edge shell hcp x-apple.systempreferences',
  'x-apple-helpbasic x-man-page jnlp apt admin',
].flatMap((names) => names.split(' '));

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
    ['cursor://anysphere.cursor-retrieval/oauth/user-callback', NATIVE],
    ['vscode://vscode.github-authentication/did-authenticate', NATIVE],
    ['myapp:/cb', NATIVE],
    ['msal00000000-0000-0000-0000-000000000000://auth', NATIVE],
    ['myapp://cb/%2e%2e/%0a', NATIVE],
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
    ['http://localhost/cb', WEB, /is for development and for loopback_redirect_uris/],
    ['http://127.0.0.1/cb', WEB, /is for development and for loopback_redirect_uris/],
    ['com.example.app:/cb', WEB, /application_type native/],
    ['http://rp.example/cb', NATIVE, /loopback/],
    ['http://127.0.0.1.rp.example/cb', NATIVE, /loopback/],
    ['https://localhost/cb', NATIVE, /must be http/],
    ['myapp:/cb', WEB, /application_type native/],
    ['myapp:/cb#x', NATIVE, /fragment/],
    ['myapp://*/cb', NATIVE, /wildcard/],
    ['myapp://user@host/cb', NATIVE, /user name or password/],
    ['myapp://user:pw@host/cb', NATIVE, /user name or password/],
    ['my%61pp://cb', NATIVE, /not an absolute URI/],
    ['localhost:8080/cb', NATIVE, /has no scheme/],
    ['http://user@localhost/cb', NATIVE, /user name or password/],
    ['mailto:a@b.example', NATIVE, /the mailto scheme, which is not allowed/],
  ];
  for (const [uri, rules, problem] of cases) {
    it(`${JSON.stringify(uri)} by a ${rules.applicationType} client in ${rules.mode}`, () => {
      assert.match(redirectUriProblem(uri, rules) ?? 'may be registered', problem);
    });
  }

  for (const scheme of [...DENIED, ...DENIED.map(mixedCase)]) {
    for (const rules of [WEB, WEB_IN_DEVELOPMENT, NATIVE]) {
      it(`with the scheme ${scheme}: by a ${rules.applicationType} client in ${rules.mode}`, () => {
        assert.match(redirectUriProblem(`${scheme}://x/cb`, rules) ?? '', /scheme, which is not allowed/);
        assert.match(redirectUriProblem(`${scheme}:alert(1)`, rules) ?? '', /scheme, which is not allowed/);
      });
    }
  }
});

describe('A loopback redirect URI of a web client', () => {
  for (const uri of [
    'http://localhost:8250/oidc/callback',
    'http://localhost:8085/auth/callback',
    'http://localhost:8000',
    'http://127.0.0.1:18000/',
    'http://[::1]/cb?x=1',
  ]) {
    it(`can be ${uri}`, () => assert.equal(loopbackUriProblem(uri), undefined));
  }

  const cases: [uri: string, problem: RegExp][] = [
    ['https://localhost/cb', /must be http on a loopback address/],
    ['https://rp.example/cb', /must be http on a loopback address/],
    ['http://rp.example/cb', /must be http on a loopback address/],
    ['http://localhost.rp.example/cb', /must be http on a loopback address/],
    ['http://127.0.0.1.rp.example/cb', /must be http on a loopback address/],
    ['http://127.0.0.2/cb', /must be http on a loopback address/],
    ['http://0.0.0.0/cb', /must be http on a loopback address/],
    ['myapp:/cb', /must be http on a loopback address/],
    ['javascript:alert(1)', /scheme, which is not allowed/],
    ['http://user@localhost/cb', /user name or password/],
    ['http://localhost@rp.example/cb', /user name or password/],
    ['http://localhost/cb#x', /fragment/],
    ['http://localhost:*/cb', /not an absolute URI/],
    ['http://localhost/*', /wildcard/],
    ['http:localhost/cb', /not an absolute URI/],
  ];
  for (const [uri, problem] of cases) {
    it(`cannot be ${uri}`, () => assert.match(loopbackUriProblem(uri) ?? 'may be registered', problem));
  }
});

describe('A scheme without a dot', () => {
  for (const [uri, dotless] of [
    ['cursor://x/cb', true],
    ['Cursor://x/cb', true],
    ['com.example.app:/cb', false],
    ['https://rp.example/cb', false],
    ['http://localhost/cb', false],
  ] as const) {
    it(`is ${dotless ? '' : 'not '}that of ${uri}`, () => assert.equal(hasDotlessScheme(uri), dotless));
  }
});

function mixedCase(scheme: string): string {
  return scheme.replaceAll(/./g, (letter, index: number) =>
    index % 2 === 0 ? letter.toUpperCase() : letter,
  );
}
