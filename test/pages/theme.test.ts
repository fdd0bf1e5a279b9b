import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { accentOf, contrast, SURFACES } from '../../src/pages/theme.ts';

const color = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('accent colour', () => {
  it('measures contrast as WCAG defines it', () => {
    assert.equal(contrast('#000000', '#ffffff'), 21);
    assert.equal(contrast('#ffffff', '#ffffff'), 1);
    assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54');
  });

  it('does not change a colour with enough contrast on white', () => {
    assert.equal(accentOf('#3056d3').light.text, '#3056d3');
  });

  it('uses white text on dark colours and black text on bright ones', () => {
    assert.equal(accentOf('#3056d3').onColor, '#ffffff');
    assert.equal(accentOf('#ffd400').onColor, '#000000');
  });

  it('meets AA for every configured colour (WCAG 2.2 §1.4.3, §1.4.11)', () => {
    fc.assert(
      fc.property(color, (configured) => {
        const accent = accentOf(configured);
        assert.ok(contrast(accent.onColor, configured) >= 4.5);
        assert.ok(contrast(accent.onColor, accent.hover) >= 4.5);
        for (const theme of ['light', 'dark'] as const) {
          for (const surface of SURFACES[theme]) {
            assert.ok(contrast(accent[theme].text, surface) >= 4.5, `${theme} text ${accent[theme].text}`);
            assert.ok(contrast(accent[theme].line, surface) >= 3, `${theme} line ${accent[theme].line}`);
          }
        }
      }),
      { examples: [['#000000'], ['#ffffff'], ['#808080'], ['#0000ff']] },
    );
  });

  it('has the same surfaces as the stylesheet', () => {
    const css = readFileSync(new URL('../../views/assets/signet.css', import.meta.url), 'utf8');
    const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
    for (const [theme, rules] of [['light', light] as const, ['dark', dark] as const]) {
      const [surface, page] = SURFACES[theme];
      assert.match(rules, new RegExp(`--surface: ${surface};`));
      for (const name of ['page', 'inset']) assert.match(rules, new RegExp(`--${name}: ${page};`));
    }
  });
});
