import assert from 'node:assert/strict';
import { assert as check, property } from 'fast-check';
import { anyText } from '../support/any-text.ts';
import { browserName } from '../../src/accounts/browser-name.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('The name of a browser', () => {
  for (const [userAgent, name] of [
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
      'Chrome on Windows',
    ],
    [
      `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36`,
      'Chrome on Android',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`,
      'Microsoft Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    ['node', undefined],
    ['', undefined],
  ] as const) {
    it(`${userAgent || 'nothing'} → ${name ?? 'none'}`, () => assert.equal(browserName(userAgent), name));
  }

  it('is short and has no character with a meaning in HTML or on a terminal, whatever the header has', () => {
    check(
      property(anyText(300), (text) => {
        for (const userAgent of [text, `${text}/1.0`, `Mozilla/5.0 (${text}) ${text}/2.0`])
          assert.match(browserName(userAgent) ?? '', /^[\w .+()-]{0,124}$/);
      }),
      { numRuns: 30 },
    );
  });
});
