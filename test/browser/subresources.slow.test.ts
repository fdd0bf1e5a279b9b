import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('in a browser: a page of another site', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: Browser | undefined;

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    server = await startTestServer();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('cannot load /authorize as an image, script, request, frame or prefetch, except for silent authentication', async () => {
    const page = (await browser?.newPage()) ?? assert.fail('no browser');
    const address = authorizationRequest(server.issuer).url.href.replaceAll('&', '&amp;');
    const parts = [
      `<img src="${address}">`,
      `<script src="${address}"></script>`,
      `<script>fetch(document.querySelector('img').src, { mode: 'no-cors' })</script>`,
      `<link rel="stylesheet" href="${address}">`,
      `<link rel="prefetch" href="${address}">`,
      `<object data="${address}"></object>`,
      `<embed src="${address}">`,
      `<video src="${address}"></video>`,
      `<iframe src="${address}"></iframe>`,
    ];
    const silent = `<iframe src="${address}&amp;prompt=none"></iframe>`;
    await page.setContent([...parts, silent].join(''), { waitUntil: 'networkidle' });
    const lines = server.logged.split('\n').filter((line) => line.includes('"method":"GET"'));
    const answers = lines.map((line) => {
      const { route, status } = JSON.parse(line) as { route: string; status: number };
      return `${route} ${status}`;
    });
    const refused = answers.filter((answer) => answer === 'subresource 403');
    assert.deepEqual(
      answers.filter((answer) => answer !== 'subresource 403'),
      ['authorization 303'],
    );
    // The browser asks for some of them twice.
    assert.ok(refused.length >= parts.length, `${refused.length} of ${parts.length}`);
  });
});
