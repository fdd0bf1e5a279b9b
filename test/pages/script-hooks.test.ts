import assert from 'node:assert/strict';
import type { PageData } from '../../src/pages/page-data.ts';
import { createPages } from '../../src/pages/views.ts';
import { pageSamples } from '../browser/page-samples.ts';

/**
 * What a script of a conformance test, a monitor or a password manager finds on the pages: names, ids and classes that do not change. The
 * scripted browser of the OpenID Foundation's suite needs no other ones.
 */
const HOOKS: Readonly<Partial<Record<keyof PageData, readonly RegExp[]>>> = {
  login: [
    /<title>[^<]*Sign-in/,
    /<input id="login" name="login" /,
    /<input id="password" name="password" type="password"/,
    /<button class="[^"]*\blogin-submit\b[^"]*" type="submit">/,
  ],
  consent: [/<title>[^<]*Sign-in/, /<button class="[^"]*\blogin-submit\b[^"]*" type="submit">/],
  'select-account': [
    /<title>[^<]*Sign-in/,
    /<button class="[^"]*\blogin-submit\b[^"]*" type="submit">/,
    /<button [^>]*name="account" value="other">/,
  ],
  logout: [/<button [^>]*name="logout" value="yes" autofocus>/],
  'signed-out': [/<h1>(?:Sign-out Success|You are still signed in)<\/h1>/],
  error: [/<code id="error">/, /<dd id="error-description">/, /<code id="trace-id">/],
  continue: [/<button [^>]*type="submit" autofocus>/],
};

const assets = { url: (name: string) => `/assets/${name}` };
const pages = createPages({ brand: { name: 'Signet' }, development: false, assets });

describe('what scripts find on the pages', () => {
  let samples: Awaited<ReturnType<typeof pageSamples>>;
  before(async () => {
    samples = await pageSamples();
  });

  for (const [name, hooks] of Object.entries(HOOKS)) {
    it(`${name}: its name, and ${hooks.length} others`, () => {
      const ofPage = Object.values(samples).filter(([page]) => page === name);
      assert.ok(ofPage.length > 0);
      for (const [page, data] of ofPage) {
        const html = pages.render(page, data);
        assert.ok(html.includes(`<body data-page="${name}"`));
        for (const hook of hooks) {
          const isOptional =
            hook.source.includes('value="other"') && !('offersOther' in data && data.offersOther);
          if (!isOptional) assert.match(html, hook);
        }
      }
    });
  }

  it('Cancel is the first link of a sign-in', () => {
    for (const name of ['login', 'consent', 'select-account'] as const) {
      for (const [page, data] of Object.values(samples).filter(([each]) => each === name)) {
        const [link] = /<a [^>]*>/.exec(pages.render(page, data)) ?? [];
        assert.match(link ?? '', /id="cancel"/);
      }
    }
  });

  it('a protocol error has a fixed phrase', () => {
    const summary = 'oops! something went wrong';
    const html = pages.render('error', { error: 'invalid_request', description: 'd', traceId: 't', summary });
    assert.ok(html.includes(`<dd id="error-summary">${summary}</dd>`));
  });
});
