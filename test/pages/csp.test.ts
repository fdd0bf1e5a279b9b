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

  it('deny framing, plugins, base URIs and caching', () => {
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

  it('set HSTS for an https issuer only (RFC 6797 §7.2)', () => {
    assert.ok(!('Strict-Transport-Security' in createPageHeaders('http://localhost:3000').page()));
  });

  it('allow own styles, images and form targets only, by default', () => {
    const directives = policy(headers.page());
    assert.equal(directives.get('style-src'), "'self'");
    assert.equal(directives.get('img-src'), "'self'");
    assert.equal(directives.get('form-action'), "'self'");
    assert.equal(directives.get('script-src'), undefined);
  });

  it('have no form-action where a form leads to an application, which may redirect anywhere', () => {
    const [own, leaving] = [headers.page(), headers.page({ formsLeave: true })].map(policy);
    assert.equal(own?.delete('form-action'), true);
    assert.deepEqual(leaving, own);
  });

  it('cannot be changed by registered metadata', () => {
    for (const address of [
      "https://a;script-src'unsafe-inline'/",
      'https://a,default-src/',
      'https://*/',
      'https://*.example/',
      "https://a.example/;script-src 'unsafe-inline'",
      'https://a.example/\r\nSet-Cookie: x',
      'nonsense; script-src *',
    ]) {
      const value = headers.page({ frames: [address] })['Content-Security-Policy'] ?? '';
      assert.doesNotMatch(value, /script-src|unsafe|\*|,|[\r\n]/, address);
      assert.equal(value.split(';').length, 8, address);
    }
    assert.equal(policy(headers.page({ frames: ['com.example.app:/x'] })).get('frame-src'), '');
  });

  it('allow the style element of a page without a stylesheet, by its hash', () => {
    const style = 'body { color: red }';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.equal(policy(headers.page({ style })).get('style-src'), `'sha256-${hash}'`);
  });

  it('allow the script of a page, by its hash', () => {
    const script = 'document.title = "x";';
    const hash = createHash('sha256').update(script).digest('base64');
    assert.equal(policy(headers.page({ script })).get('script-src'), `'sha256-${hash}'`);
  });
});
