import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createPageHeaders } from '../../src/pages/csp.ts';

describe('page headers', () => {
  const headers = createPageHeaders('https://id.example');
  const policy = (all: Readonly<Record<string, string>>) =>
    new Map(
      (all['Content-Security-Policy'] ?? '').split(';').map((directive) => {
        const [name = '', ...values] = directive.trim().split(' ');
        return [name, values.join(' ')];
      }),
    );

  it('lock every page', () => {
    const all = headers.page();
    assert.equal(all['X-Frame-Options'], 'DENY');
    assert.equal(all['X-Content-Type-Options'], 'nosniff');
    assert.equal(all['Referrer-Policy'], 'no-referrer');
    assert.equal(all['Cross-Origin-Opener-Policy'], 'same-origin');
    assert.equal(all['Cache-Control'], 'no-store');
    assert.equal(all['Strict-Transport-Security'], 'max-age=31536000');
    const directives = policy(all);
    for (const name of ['default-src', 'frame-ancestors', 'object-src', 'base-uri']) {
      assert.equal(directives.get(name), "'none'", name);
    }
  });

  it('promise https only when the issuer is https (RFC 6797 §7.2)', () => {
    assert.ok(!('Strict-Transport-Security' in createPageHeaders('http://localhost:3000').page()));
  });

  it('allow own styles and images only, and forms that stay here, unless more is named', () => {
    const directives = policy(headers.page());
    assert.equal(directives.get('style-src'), "'self'");
    assert.equal(directives.get('img-src'), "'self'");
    assert.equal(directives.get('form-action'), "'self'");
    assert.equal(directives.get('script-src'), undefined);
  });

  it('name the origin of the client’s logo and the schemes of its redirect URIs (RFC 8252 §7.1)', () => {
    const directives = policy(
      headers.page({
        images: ['https://cdn.example/logo.png?x=1', undefined],
        formTargets: [
          'https://app.example:8443/cb',
          'https://app.example:8443/other',
          'com.example.app:/cb',
          'http://[::1]:5000/cb',
        ],
      }),
    );
    assert.equal(directives.get('img-src'), "'self' https://cdn.example");
    assert.equal(directives.get('form-action'), "'self' https: com.example.app: http:");
  });

  it('cannot be changed by what a client registered', () => {
    for (const address of [
      "https://a;script-src'unsafe-inline'/",
      'https://a,default-src/',
      'https://*/',
      'https://*.example/',
      "https://a.example/;script-src 'unsafe-inline'",
      'https://a.example/\r\nSet-Cookie: x',
      'nonsense; script-src *',
    ]) {
      const value =
        headers.page({ images: [address], formTargets: [address] })['Content-Security-Policy'] ?? '';
      assert.doesNotMatch(value, /script-src|unsafe|\*|,|[\r\n]/, address);
      assert.equal(value.split(';').length, 7, address);
    }
    assert.equal(policy(headers.page({ images: ['com.example.app:/x'] })).get('img-src'), "'self'");
  });

  it('allow the one style of a page that loads none', () => {
    const style = 'body { color: red }';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.equal(policy(headers.page({ style })).get('style-src'), `'sha256-${hash}'`);
  });

  it('allow the one script of a page that has one', () => {
    const script = 'document.title = "x";';
    const hash = createHash('sha256').update(script).digest('base64');
    assert.equal(policy(headers.page({ script })).get('script-src'), `'sha256-${hash}'`);
  });
});
