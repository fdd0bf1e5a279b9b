import assert from 'node:assert/strict';
import type { ConsentPage, LoginPage } from '../../src/http/page-data.ts';
import { createPages } from '../../src/http/pages.ts';
import { describeScopes } from '../../src/http/scope-words.ts';

const HOSTILE = `<script>alert(1)</script>" onload="alert(2)' x='`;

const assets = { url: (name: string) => `/assets/${name}` };
const pages = createPages({ brand: { name: 'Signet' }, development: false, assets });

const apis = [
  { name: 'Sample API', audience: 'https://api.example', scopes: { 'messages:read': 'Read messages' } },
];

const login: LoginPage = {
  action: '/interaction/1/login',
  csrf: 'csrf-token',
  cancelUrl: '/interaction/1/abort',
  client: { name: 'Sample App' },
};

const consent: ConsentPage = {
  ...login,
  account: { username: 'alice', name: 'Alice Liddell' },
  permissions: describeScopes(['openid', 'messages:read', 'offline_access'], apis),
  remembers: true,
};

const error = { error: 'invalid_request', description: 'redirect_uri is missing', traceId: 'trace-1' };

const logout = {
  form: '<form id="op.logoutForm" method="post" action="/logout/confirm"><input type="hidden" name="xsrf" value="x"/></form>',
  keepsAccess: false,
};

const home = {
  issuer: 'https://id.example',
  discoveryUrl: 'https://id.example/.well-known/openid-configuration',
  links: [],
};

describe('pages', () => {
  const rendered = {
    login: pages.render('login', login),
    consent: pages.render('consent', consent),
    error: pages.render('error', error),
    logout: pages.render('logout', logout),
    'signed-out': pages.render('signed-out', {}),
    home: pages.render('home', home),
  };

  for (const [name, html] of Object.entries(rendered)) {
    it(`${name} is a complete document without scripts, inline styles or missing values`, () => {
      assert.match(html, /^<!DOCTYPE html>\n<html lang="en">/);
      assert.match(html, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
      assert.match(html, /<title>[^<]+ · Signet<\/title>/);
      assert.match(html, /<main [\s\S]*<h1>[\s\S]*<\/main>/);
      assert.doesNotMatch(html, /<script|<style|\sstyle=|\son\w+=|undefined|\[object|Development mode/);
    });
  }

  it('carry a mark in development', () => {
    const development = createPages({ brand: { name: 'Signet' }, development: true, assets });
    assert.match(development.render('signed-out', {}), /Development mode/);
  });

  for (const name of ['login', 'consent'] as const) {
    it(`${name} offers what scripts look for`, () => {
      const html = rendered[name];
      assert.match(html, /<title>[^<]*Sign-in[^<]*<\/title>/);
      assert.match(html, /<button [^>]*class="[^"]*\blogin-submit\b[^"]*" type="submit"/);
      assert.match(html, /<form method="post" action="\/interaction\/1\/login">/);
      assert.match(html, /<input type="hidden" name="csrf" value="csrf-token">/);
      const [firstLink] = html.match(/<a [^>]*>/) ?? [];
      assert.match(firstLink ?? '', /id="cancel" href="\/interaction\/1\/abort"/);
    });
  }

  it('login names its fields for password managers', () => {
    assert.match(rendered.login, /<label for="login">/);
    assert.match(
      rendered.login,
      /<input id="login" name="login" [^>]*autocomplete="username"[^>]* autofocus/,
    );
    assert.match(rendered.login, /<label for="password">/);
    assert.match(
      rendered.login,
      /<input id="password" name="password" type="password" [^>]*autocomplete="current-password"/,
    );
  });

  it('login prefills the hint and moves on to the password', () => {
    const html = pages.render('login', { ...login, loginHint: 'alice' });
    assert.match(html, /<input id="login" [^>]*value="alice"/);
    assert.doesNotMatch(html, /<input id="login" [^>]*autofocus/);
    assert.match(html, /<input id="password" [^>]*autofocus/);
  });

  it('login announces an error and ties it to the fields', () => {
    const html = pages.render('login', { ...login, error: { title: 'Wrong', message: 'Try again.' } });
    assert.match(html, /<title>Error: Sign-in/);
    assert.match(html, /id="login-error" role="alert"/);
    assert.equal(html.match(/aria-invalid="true" aria-describedby="login-error"/g)?.length, 2);
    assert.doesNotMatch(rendered.login, /aria-invalid|role="alert"/);
  });

  it("login shows the client's logo, site, policy and terms (OpenID Connect Dynamic Registration §2)", () => {
    const html = pages.render('login', {
      ...login,
      client: {
        name: 'Sample App',
        uri: 'https://app.example/start',
        logoUri: 'https://cdn.example/logo.png',
        policyUri: 'https://app.example/privacy',
        tosUri: 'https://app.example/terms',
      },
    });
    for (const part of [
      'src="https://cdn.example/logo.png"',
      'href="https://app.example/start"',
      'href="https://app.example/privacy"',
      'href="https://app.example/terms"',
    ]) {
      assert.ok(html.includes(part), part);
    }
  });

  it('consent lists every scope in words', () => {
    for (const words of [
      'Recognise you when you sign in',
      'Read messages',
      'Keep this access while you are away',
    ]) {
      assert.ok(rendered.consent.includes(words), words);
    }
    assert.match(rendered.consent, /Alice Liddell[\s\S]*alice/);
  });

  it('error holds code, description and reference in elements of their own', () => {
    assert.match(rendered.error, /oops! something went wrong/);
    assert.match(rendered.error, /id="error">invalid_request</);
    assert.match(rendered.error, /id="error-description">redirect_uri is missing</);
    assert.match(rendered.error, /id="trace-id">trace-1</);
    assert.doesNotMatch(rendered.error, /For the developer/);
  });

  it('error says in development what was expected', () => {
    const html = pages.render('error', {
      ...error,
      expected: [{ label: 'Registered', values: ['https://app.example/cb'] }],
    });
    assert.match(html, /Registered[\s\S]*https:\/\/app\.example\/cb/);
  });

  it("logout includes the engine's form as it is, and buttons that belong to it", () => {
    assert.ok(rendered.logout.includes(logout.form));
    assert.match(rendered.logout, /<button [^>]*form="op\.logoutForm" name="logout" value="yes" autofocus>/);
    assert.match(rendered.logout, /<button [^>]*form="op\.logoutForm">Stay signed in/);
    assert.doesNotMatch(rendered.logout, /keep their access/);
    assert.match(pages.render('logout', { ...logout, keepsAccess: true }), /keep their access/);
  });

  it('signed-out says so', () => {
    assert.match(rendered['signed-out'], /<h1>Sign-out Success<\/h1>/);
    assert.match(
      pages.render('signed-out', { clientName: 'Sample App' }),
      /signed out of <strong><bdi>Sample App</,
    );
  });

  it('home shows credentials only when it is given some', () => {
    assert.doesNotMatch(rendered.home, /credentials/i);
    const html = pages.render('home', {
      ...home,
      demo: [{ label: 'Account', name: 'alice', secret: 's3cret' }],
    });
    assert.match(html, /alice[\s\S]*s3cret/);
  });

  it('escape everything that others wrote', () => {
    const hostile = createPages({ brand: { name: HOSTILE }, development: true, assets });
    const client = {
      name: HOSTILE,
      uri: `https://app.example/${HOSTILE}`,
      logoUri: `https://a.example/?${HOSTILE}`,
    };
    const form = { action: HOSTILE, csrf: HOSTILE, cancelUrl: HOSTILE, client };
    const documents = [
      hostile.render('login', { ...form, loginHint: HOSTILE, error: { title: HOSTILE, message: HOSTILE } }),
      hostile.render('consent', {
        ...form,
        account: { username: HOSTILE, name: HOSTILE },
        permissions: [{ title: HOSTILE, items: [{ scope: HOSTILE, description: HOSTILE }] }],
        remembers: false,
      }),
      hostile.render('error', {
        error: HOSTILE,
        description: HOSTILE,
        traceId: HOSTILE,
        expected: [{ label: HOSTILE, values: [HOSTILE] }],
      }),
      hostile.render('logout', { form: '', clientName: HOSTILE, keepsAccess: true }),
      hostile.render('signed-out', { clientName: HOSTILE }),
      hostile.render('home', {
        issuer: HOSTILE,
        discoveryUrl: HOSTILE,
        links: [{ label: HOSTILE, url: HOSTILE }],
        demo: [{ label: HOSTILE, name: HOSTILE, secret: HOSTILE }],
      }),
    ];
    for (const html of documents) {
      assert.doesNotMatch(html, /<script|" onload|' x='/);
      assert.match(html, /&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot; onload=&quot;alert\(2\)&#39;/);
    }
  });

  it('never link to or load what is not http(s)', () => {
    const address = 'javascript:alert(1)';
    const html = pages.render('login', {
      ...login,
      client: {
        name: 'App',
        uri: address,
        logoUri: 'data:image/svg+xml,x',
        policyUri: address,
        tosUri: 'nonsense',
      },
    });
    assert.doesNotMatch(html, /javascript:|data:|nonsense/);
  });

  it('do not let a name that is written from right to left turn the sentence around', () => {
    assert.match(rendered.consent, /<h1><bdi>Sample App<\/bdi>/);
  });
});
