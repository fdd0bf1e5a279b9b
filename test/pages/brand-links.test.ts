import assert from 'node:assert/strict';
import { createPages } from '../../src/pages/views.ts';

describe('the links of the brand', () => {
  const assets = { url: (name: string) => `/assets/${name}` };
  const links = [
    { label: 'Help', url: 'mailto:help@example.com' },
    { label: 'Imprint & privacy', url: 'https://example.com/imprint?a=b&c=d' },
  ];
  const pages = createPages({ brand: { name: 'Signet', links }, development: false, assets });
  const form = { action: '/', csrf: 'x', cancelUrl: '/', client: { name: 'Sample App' } };
  const rendered = {
    login: pages.render('login', form),
    consent: pages.render('consent', { ...form, account: { username: 'alice' }, permissions: [] }),
    error: pages.render('error', { error: 'invalid_request', description: 'x', traceId: 'trace-1' }),
    'expired-interaction': pages.render('expired-interaction', { traceId: 'trace-1' }),
    logout: pages.render('logout', { form: '', returns: false, keepsAccess: false }),
    'signed-out': pages.render('signed-out', { staysSignedIn: false }),
    home: pages.render('home', { issuer: 'https://id.example', documents: [] }),
    continue: pages.render('continue', { action: '/', fields: [], script: '', style: '' }),
    'too-large': pages.render('too-large', { host: 'id.example', style: '' }),
  };

  for (const [name, html] of Object.entries(rendered)) {
    it(`are in the footer of ${name}`, () => {
      const [, footer = ''] = /<footer>([^]*)<\/footer>/.exec(html) ?? [];
      assert.match(footer, /<a href="mailto:help@example\.com">Help<\/a>/);
      const address =
        'href="https://example.com/imprint?a=b&amp;c=d" target="_blank" rel="noopener noreferrer"';
      assert.ok(footer.includes(`<a ${address}>Imprint &amp; privacy<span`), footer);
    });
  }

  it('render no empty footer', () => {
    const plain = createPages({ brand: { name: 'Signet' }, development: false, assets });
    assert.doesNotMatch(plain.render('expired-interaction', { traceId: 'trace-1' }), /<footer/);
  });
});
