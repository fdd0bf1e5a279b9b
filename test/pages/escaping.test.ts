import assert from 'node:assert/strict';
import { createPages } from '../../src/pages/views.ts';

const HOSTILE = `<script>alert(1)</script>" onload="alert(2)' x='<form action="//evil.example"><base href=//evil.example>`;

const assets = { url: (name: string) => `/assets/${name}` };

describe('pages with hostile data', () => {
  const hostile = createPages({
    brand: { name: HOSTILE, links: [{ label: HOSTILE, url: `mailto:${HOSTILE}` }] },
    development: true,
    assets,
  });
  const form = { action: HOSTILE, csrf: HOSTILE, cancelUrl: HOSTILE };

  it('escape every value', () => {
    const client = {
      name: HOSTILE,
      uri: `https://app.example/${HOSTILE}`,
      logo: `/client-logo/${HOSTILE}`,
    };
    const documents = [
      hostile.render('login', {
        ...form,
        client,
        loginHint: HOSTILE,
        error: { key: 'login.errors.tooLong', values: { bytes: HOSTILE }, traceId: HOSTILE },
      }),
      hostile.render('consent', {
        ...form,
        client,
        account: { username: HOSTILE, name: HOSTILE },
        permissions: [{ title: HOSTILE, items: [{ scope: HOSTILE, description: HOSTILE }] }],
        otherAccountUrl: HOSTILE,
        destination: HOSTILE,
      }),
      hostile.render('error', {
        error: HOSTILE,
        description: HOSTILE,
        traceId: HOSTILE,
        address: HOSTILE,
        expected: [{ label: HOSTILE, values: [HOSTILE] }],
      }),
      hostile.render('expired-interaction', {
        app: { name: HOSTILE, url: `https://app.example/${HOSTILE}` },
        againUrl: HOSTILE,
        traceId: HOSTILE,
      }),
      hostile.render('cookies', { app: { name: HOSTILE }, host: HOSTILE, traceId: HOSTILE }),
      hostile.render('logout', { form: '', clientName: HOSTILE, returns: true, keepsAccess: true }),
      hostile.render('signed-out', { app: { name: HOSTILE }, staysSignedIn: true }),
      hostile.render('too-large', { host: HOSTILE, style: '' }),
      hostile.render('continue', {
        action: HOSTILE,
        fields: [{ name: HOSTILE, value: HOSTILE }],
        script: '',
        style: '',
      }),
      hostile.render('home', {
        person: { username: HOSTILE, name: HOSTILE },
        issuer: HOSTILE,
        documents: [{ label: HOSTILE, url: HOSTILE }],
        sampleApp: HOSTILE,
        demo: [{ label: HOSTILE, name: HOSTILE, secret: HOSTILE }],
      }),
    ];
    for (const html of documents) {
      const others = html
        .replace(`<script>${hostile.scripts.login}</script>`, '')
        .replace('<script></script>', '');
      assert.doesNotMatch(others, /<script|<base|<form action="\/\/|" onload|' x='/);
      assert.match(html, /&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot; onload=&quot;alert\(2\)&#39;/);
    }
  });

  it('link to http(s) URLs only', () => {
    const address = 'javascript:alert(1)';
    const html = hostile.render('login', {
      ...form,
      client: {
        name: 'App',
        uri: address,
        policyUri: address,
        tosUri: 'nonsense',
      },
    });
    assert.doesNotMatch(html, /javascript:|data:|nonsense/);
    const app = { name: 'App', url: address };
    assert.doesNotMatch(hostile.render('expired-interaction', { app, traceId: 'trace-1' }), /javascript:/);
    assert.doesNotMatch(hostile.render('signed-out', { app, staysSignedIn: false }), /javascript:/);
  });
});
