import assert from 'node:assert/strict';
import type { ConsentPage, LoginPage } from '../../src/pages/page-data.ts';
import { createPages } from '../../src/pages/views.ts';
import { describeScopes } from '../../src/pages/scope-descriptions.ts';

const assets = { url: (name: string) => `/assets/${name}` };
const pages = createPages({ brand: { name: 'Signet' }, development: false, assets });

const apis = [
  {
    name: 'Sample API',
    audience: 'https://api.example',
    scopes: { 'messages:read': { description: 'Read messages', sensitive: false } },
  },
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
};

const error = { error: 'invalid_request', description: 'redirect_uri is missing', traceId: 'trace-1' };

const logout = {
  form: '<form id="op.logoutForm" method="post" action="/logout/confirm"><input type="hidden" name="xsrf" value="x"/></form>',
  returns: false,
  keepsAccess: false,
};

const home = {
  issuer: 'https://id.example',
  documents: [{ label: 'Discovery', url: 'https://id.example/.well-known/openid-configuration' }],
};

describe('pages', () => {
  const rendered = {
    login: pages.render('login', login),
    consent: pages.render('consent', consent),
    error: pages.render('error', error),
    'expired-interaction': pages.render('expired-interaction', { traceId: 'trace-1' }),
    cookies: pages.render('cookies', { app: { name: 'Sample App' }, host: 'id.example', traceId: 'trace-1' }),
    logout: pages.render('logout', logout),
    'signed-out': pages.render('signed-out', { staysSignedIn: false }),
    home: pages.render('home', home),
  };
  const development = createPages({ brand: { name: 'Signet' }, development: true, assets });

  for (const [name, html] of Object.entries(rendered)) {
    it(`${name} is a complete document without inline styles, missing values or scripts outside its policy`, () => {
      const script = pages.scripts[name as keyof typeof rendered];
      const own = script === undefined ? '' : `<script>${script}</script>`;
      assert.ok(html.includes(own));
      assert.match(html, /^<!DOCTYPE html>\n<html lang="en">/);
      assert.match(html, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
      assert.match(html, /<title>[^<]+ · Signet<\/title>/);
      assert.match(html, /<main [\s\S]*<h1>[\s\S]*<\/main>/);
      assert.doesNotMatch(
        html.replace(own, ''),
        /<script|<style|\sstyle=|\son\w+=|undefined|\[object|Development mode/,
      );
    });
  }

  it('are marked in development', () => {
    assert.match(development.render('signed-out', { staysSignedIn: false }), /Development mode/);
  });

  for (const name of ['login', 'consent'] as const) {
    it(`${name} has the ids that conformance scripts use`, () => {
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

  it('login prefills the username and focuses the password', () => {
    const html = pages.render('login', { ...login, loginHint: 'alice' });
    assert.match(html, /<input id="login" [^>]*value="alice"/);
    assert.doesNotMatch(html, /<input id="login" [^>]*autofocus/);
    assert.match(html, /<input id="password" [^>]*autofocus/);
  });

  it('login announces an error and associates it with the fields', () => {
    const error = { key: 'login.errors.wrong', traceId: 'the-trace-id' };
    const html = pages.render('login', { ...login, error });
    assert.match(html, /<dt>Reference<\/dt><dd><code id="trace-id">the-trace-id<\/code>/);
    assert.match(html, /<title>Error: Sign-in/);
    assert.match(html, /id="login-error" role="alert"/);
    assert.equal(html.match(/aria-invalid="true" aria-describedby="login-error"/g)?.length, 2);
    assert.doesNotMatch(rendered.login, /aria-invalid|role="alert"|Reference/);
  });

  it("login shows the client's logo, site, policy and terms (OpenID Connect Dynamic Registration §2)", () => {
    const html = pages.render('login', {
      ...login,
      client: {
        name: 'Sample App',
        uri: 'https://app.example/start',
        logo: '/client-logo/digest',
        policyUri: 'https://app.example/privacy',
        tosUri: 'https://app.example/terms',
      },
    });
    for (const part of [
      'src="/client-logo/digest"',
      'href="https://app.example/start"',
      'href="https://app.example/privacy"',
      'href="https://app.example/terms"',
    ]) {
      assert.ok(html.includes(part), part);
    }
  });

  it('link to policy and terms over http in development only', () => {
    const client = {
      name: 'App',
      policyUri: 'http://app.example/privacy',
      tosUri: 'http://app.example/terms',
    };
    const development = createPages({ brand: { name: 'Signet' }, development: true, assets });
    assert.doesNotMatch(pages.render('consent', { ...consent, client }), /http:\/\//);
    assert.match(development.render('login', { ...login, client }), /href="http:\/\/app.example\/privacy"/);
  });

  it('login shows the first letter of an application without a logo', () => {
    assert.match(rendered.login, /<span class="avatar" aria-hidden="true">S<\/span>/);
  });

  it('consent explains the consequence before the buttons', () => {
    assert.match(rendered.consent, /Your decision is remembered[^]*type="submit">Allow/);
  });

  it('consent that counts for one request says so', () => {
    const html = pages.render('consent', { ...consent, eachTime: true });
    assert.match(html, /You are asked each time[^]*type="submit">Allow/);
    assert.doesNotMatch(html, /is remembered/);
  });

  it('consent links to another account, after Cancel, where the request can be repeated', () => {
    assert.doesNotMatch(rendered.consent, /another account/);
    const html = pages.render('consent', { ...consent, otherAccountUrl: '/authorize?a=b&prompt=login' });
    assert.match(html, /id="cancel"[^]*Not <bdi>alice<\/bdi>\? <a href="\/authorize\?a=b&amp;prompt=login">/);
  });

  it('consent describes every scope', () => {
    for (const words of ['Read messages', 'Keep this access while you are away']) {
      assert.ok(rendered.consent.includes(words), words);
    }
    assert.match(rendered.consent, /Alice Liddell[\s\S]*alice/);
  });

  it('consent mentions sign-in only when openid is the only scope', () => {
    assert.doesNotMatch(rendered.consent, /recognise/i);
    const html = pages.render('consent', { ...consent, permissions: describeScopes(['openid'], apis) });
    assert.match(html, /<h1><bdi>Sample App<\/bdi> asks for your sign-in<\/h1>/);
    assert.match(
      html,
      /<p>It can recognise you when you come back, and learns nothing else about you\.<\/p>/,
    );
    assert.doesNotMatch(html, /class="permissions"|<ul>/);
  });

  it('consent shows the host of the redirect URI', () => {
    assert.match(rendered.consent, /What you allow goes to an app on this device\./);
    const html = pages.render('consent', { ...consent, destination: 'app.example:8443' });
    assert.match(html, /What you allow goes to <strong><bdi>app\.example:8443<\/bdi><\/strong>\./);
  });

  it('login shows the password on request, where its script runs', () => {
    assert.match(
      rendered.login,
      /<button type="button" aria-label="Show password" aria-pressed="false" aria-controls="password" hidden>/,
    );
    // A visible password must not be sent to an online spelling checker.
    assert.match(rendered.login, /<input id="password" [^>]*spellcheck="false"/);
  });

  it('expired-interaction links to the application, when it is known', () => {
    assert.match(rendered['expired-interaction'], /This sign-in is over[^]*application that you came from/);
    assert.doesNotMatch(rendered['expired-interaction'], /<a /);
    const html = pages.render('expired-interaction', {
      app: { name: 'Sample App', url: 'https://app.example/' },
      traceId: 'trace-1',
    });
    assert.match(
      html,
      /<a class="button primary" href="https:\/\/app\.example\/"><span>Back to <bdi>Sample App</,
    );
  });

  it('expired-interaction offers to sign in again; after a finished sign-in the link to the application is first', () => {
    const again = /<a class="button (\w+)" href="\/authorize\?a=1&amp;b=2">Sign in again<\/a>/;
    const back = /<a class="button (\w+)" href="https:\/\/app\.example\/">/;
    const over = {
      app: { name: 'Sample App', url: 'https://app.example/' },
      againUrl: '/authorize?a=1&b=2',
      traceId: 'trace-1',
    };
    const expired = pages.render('expired-interaction', over);
    assert.deepEqual([again.exec(expired)?.[1], back.exec(expired)?.[1]], ['primary', 'quiet']);
    const finished = pages.render('expired-interaction', { ...over, finished: true });
    assert.deepEqual([again.exec(finished)?.[1], back.exec(finished)?.[1]], ['quiet', 'primary']);
    const onDevice = pages.render('expired-interaction', { ...over, app: { name: 'App' } });
    assert.deepEqual([again.exec(onDevice)?.[1], back.exec(onDevice)], ['primary', null]);
  });

  it('cookies shows the host that must be allowed, and links to the application if it has a URL', () => {
    assert.match(rendered.cookies, /allow them for <strong><bdi>id\.example<\/bdi>/);
    assert.doesNotMatch(rendered.cookies, /<a /);
  });

  it("logout includes the engine's form unchanged, with buttons that submit it", () => {
    assert.ok(rendered.logout.includes(logout.form));
    assert.match(rendered.logout, /<button [^>]*form="op\.logoutForm" name="logout" value="yes" autofocus>/);
    assert.match(rendered.logout, /<button [^>]*form="op\.logoutForm">Stay signed in/);
    assert.doesNotMatch(rendered.logout, /keep their access/);
    assert.match(pages.render('logout', { ...logout, keepsAccess: true }), /keep their access/);
  });

  it('logout announces the redirect to the application, if there is one', () => {
    const clientName = 'Sample App';
    assert.match(
      pages.render('logout', { ...logout, clientName, returns: true }),
      /If you sign out, you go back there/,
    );
    assert.doesNotMatch(pages.render('logout', { ...logout, clientName }), /go back there/);
    assert.doesNotMatch(rendered.logout, /go back there/);
  });

  it('signed-out confirms the sign-out, or that the session continues', () => {
    assert.match(rendered['signed-out'], /<h1>Sign-out Success<\/h1>/);
    assert.match(rendered['signed-out'], /You are signed out of Signet\./);
    const app = { name: 'Sample App', url: 'https://app.example/' };
    const html = pages.render('signed-out', { app, staysSignedIn: false });
    assert.match(html, /You are signed out of Signet\.[^]*href="https:\/\/app\.example\/"/);
    const stays = pages.render('signed-out', { app: { name: 'Sample App' }, staysSignedIn: true });
    assert.match(stays, /<h1>You are still signed in<\/h1>/);
    assert.match(stays, /signed out of <strong><bdi>Sample App<[^]*still signed in to Signet/);
    assert.doesNotMatch(stays, /<a |shared computer/);
  });

  it('home says what the server is, or who is signed in and how to sign out', () => {
    assert.match(rendered.home, /<h1>Sign-in service<\/h1>\s*<p class="lead">Applications use this server/);
    assert.doesNotMatch(rendered.home, /Issuer|openid-configuration|<form|developer/);
    const html = pages.render('home', { ...home, person: { username: 'alice', name: 'Alice Liddell' } });
    assert.match(html, /<h1>You are signed in<\/h1>/);
    assert.match(html, /<bdi>Alice Liddell<\/bdi><\/strong>\s*\(<bdi>alice<\/bdi>\)/);
    assert.match(html, /<form action="\/logout">[^]*<button [^>]*>Sign out<\/button>\s*<\/div>\s*<\/form>/);
    assert.match(pages.render('home', { ...home, person: { username: 'alice' } }), /<bdi>alice<\/bdi>/);
  });

  it('home lists each address once, in development', () => {
    const html = development.render('home', home);
    assert.equal(html.match(/>https:\/\/id\.example\/\.well-known\/openid-configuration</g)?.length, 1);
    assert.match(html, /<a href="[^"]+"><code>/);
  });

  it('home shows credentials only when they are given', () => {
    assert.doesNotMatch(development.render('home', home), /credentials/i);
    const html = development.render('home', {
      ...home,
      demo: [{ label: 'Account', name: 'alice', secret: 's3cret' }],
    });
    assert.match(html, /alice[\s\S]*s3cret/);
  });

  it('isolate right-to-left names', () => {
    assert.match(rendered.consent, /<h1><bdi>Sample App<\/bdi>/);
  });
});
