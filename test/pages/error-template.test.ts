import assert from 'node:assert/strict';
import { createPages } from '../../src/pages/views.ts';

const assets = { url: (name: string) => `/assets/${name}` };
const pages = createPages({ brand: { name: 'Signet' }, development: false, assets });

const error = { error: 'invalid_request', description: 'redirect_uri is missing', traceId: 'trace-1' };

describe('the template of the error page', () => {
  const html = pages.render('error', error);
  const development = createPages({ brand: { name: 'Signet' }, development: true, assets });

  it('has title, message and note, and under "Details" code, description and trace id', () => {
    assert.match(html, /<h1>This request is not valid<\/h1>\s*<p class="lead">[^<]*Go back/);
    assert.match(html, /<details class="protocol" open>\s*<summary>Details<\/summary>/);
    assert.doesNotMatch(html, /oops!|error-summary/);
    assert.match(
      pages.render('error', { ...error, summary: 'oops! something went wrong' }),
      /id="error-summary">oops! something went wrong</,
    );
    assert.match(html, /id="error">invalid_request</);
    assert.match(html, /id="error-description">redirect_uri is missing</);
    assert.match(html, /id="trace-id">trace-1</);
    assert.doesNotMatch(html, /For the developer/);
  });

  it('has the expected values first, in development', () => {
    const html = pages.render('error', {
      ...error,
      expected: [
        { label: 'Did you mean', values: ['https://app.example/cb'], suggested: true },
        { label: 'Also registered', values: ['https://app.example/silent'] },
      ],
    });
    assert.match(html, /class="suggested">\s*<dt>Did you mean<\/dt>\s*<dd><code>https:\/\/app\.example\/cb</);
    assert.match(html, /For the developer[^]*Also registered[^]*silent[^]*If it happens again[^]*trace-1/);
    assert.equal(html.match(/class="suggested"/g)?.length, 1);
  });

  it('has the address of the server, as a link in development', () => {
    const misdirected = { ...error, address: 'http://localhost:3000', style: 'body { color: red }' };
    const link = /<a [^>]*href="http:\/\/localhost:3000\/"/;
    assert.doesNotMatch(pages.render('error', misdirected), link);
    const html = development.render('error', misdirected);
    assert.match(html, link);
    assert.ok(html.includes('<style>body { color: red }</style>'), 'to the letter: the policy has its hash');
    assert.doesNotMatch(html, /\/assets\//, 'nothing can be loaded from there');
  });
});
