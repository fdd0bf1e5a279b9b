import assert from 'node:assert/strict';
import { createPages } from '../../src/pages/views.ts';

describe('the page that submits its form by a script', () => {
  it('posts the given fields, and has one script', () => {
    const assets = { url: (name: string) => `/assets/${name}` };
    const pages = createPages({ brand: { name: 'Signet' }, development: false, assets });
    const fields = [{ name: 'a', value: '"b"' }];
    const html = pages.render('continue', { action: '/logout', fields, script: 'go()', style: '' });
    assert.match(html, /<form method="post" action="\/logout">/);
    assert.match(html, /<input type="hidden" name="a" value="&quot;b&quot;">/);
    assert.match(html, /<button [^>]*type="submit" autofocus>Continue/);
    assert.equal(html.match(/<script>/g)?.length, 1);
    assert.ok(html.includes('<script>go()</script>'));
  });
});
