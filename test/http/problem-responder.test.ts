import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { createAssets } from '../../src/pages/assets.ts';
import { problemResponder } from '../../src/http/problem-responder.ts';
import { createPageHeaders } from '../../src/pages/csp.ts';
import { createPages } from '../../src/pages/views.ts';
import { Problem } from '../../src/http/problem.ts';
import { createRenderer } from '../../src/pages/render.ts';
import type { Logger } from '../../src/observability/log.ts';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { readErrorPage } from '../support/error-page.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const ISSUER = 'https://login.example.com';

describe('problemResponder', () => {
  const log = { info: () => {}, error: () => {} } as unknown as Logger;

  /** The response to a browser and to a client that accepts JSON, with `Retry-After` of both. */
  async function answers(fail: (ctx: Koa.Context) => void) {
    const app = new Koa();
    const pages = createPages({
      brand: { name: 'Signet' },
      development: false,
      assets: createAssets({ color: '#3056d3' }),
    });
    const renderPage = createRenderer(pages, createPageHeaders(ISSUER));
    app.use((ctx, next) => {
      ctx.state.traceId = 'trace';
      return next();
    });
    app.use(problemResponder(log, renderPage));
    app.use(fail);
    const listening = app.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
    const page = await fetch(address, { headers: { Accept: BROWSER } });
    const json = await fetch(address, { headers: { Accept: 'application/json' } });
    const html = await page.text();
    const seen = {
      page: { status: page.status, html, ...readErrorPage(html) },
      json: (await json.json()) as { error: string; error_description: string },
      retryAfter: [page.headers.get('retry-after'), json.headers.get('retry-after')],
    };
    listening.close();
    return seen;
  }

  it('answers 500 without the message of an unexpected error', async () => {
    const { page, json } = await answers(() => {
      throw new Error('secret');
    });
    assert.deepEqual([page.status, page.heading], [500, 'Something failed on our side']);
    assert.deepEqual(json, { error: 'server_error', error_description: 'something failed on our side' });
  });

  it('shows the words of a problem that has its own', async () => {
    const { page, json } = await answers(() => {
      const words = { key: 'errors.notFound' };
      throw new Problem(400, 'invalid_request', 'nickname is longer than 40 characters', { words });
    });
    assert.deepEqual(
      [page.status, page.heading, page.message],
      [400, 'There is no page here', 'Check the address, or go back to the application that you came from.'],
    );
    assert.equal(json.error_description, 'nickname is longer than 40 characters');
  });

  it('answers 503 while the store is unavailable', async () => {
    const { page, json, retryAfter } = await answers(() => {
      throw new StoreUnavailableError('away');
    });
    assert.deepEqual([page.status, page.heading], [503, 'This service is not available right now']);
    assert.equal(page.message, 'Please try again in a moment.');
    assert.equal(json.error_description, 'try again in a moment');
    assert.deepEqual(retryAfter, ['1', '1']);
  });

  for (const [seconds, wait] of [
    [1, '1 second'],
    [45, '45 seconds'],
    [119, '119 seconds'],
    [120, '2 minutes'],
    [601, '11 minutes'],
  ] as const) {
    it(`has the same time in Retry-After and in the text, for ${seconds} seconds (RFC 9110 §10.2.3)`, async () => {
      const { page, json, retryAfter } = await answers(() => {
        throw new Problem(429, 'temporarily_unavailable', 'too many requests from this network', {
          retryAfter: seconds,
        });
      });
      assert.deepEqual([page.status, page.heading], [429, 'Too many requests']);
      assert.equal(page.message, `Please try again in ${wait}.`);
      assert.equal(page.html.match(/\bagain\b/g)?.length, 1);
      assert.equal(page.description, 'too many requests from this network');
      assert.equal(json.error_description, `too many requests from this network; try again in ${wait}`);
      assert.deepEqual(retryAfter, [String(seconds), String(seconds)]);
    });
  }
});
