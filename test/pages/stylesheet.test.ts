import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const MAIL = new URL('../../views/mail/html.eta', import.meta.url);
const STYLESHEET = new URL('../../views/assets/signet.css', import.meta.url);

/** A tick looks the same in every direction. */
const ALLOWED: ReadonlySet<string> = new Set(['border-width: 0 2px 2px 0']);

/** Whether a declaration means another place in a language that is written from right to left. */
function isPhysical(declaration: string): boolean {
  const [property = '', value = ''] = declaration.split(/:\s*/, 2);
  if (/(?:^|-)(?:left|right)\b/.test(property)) return true;
  if (/^(?:text-align|float|clear)$/.test(property)) return /left|right/.test(value);
  if (!/^(?:margin|padding|inset|border-(?:width|style|color)|scroll-margin|scroll-padding)$/.test(property))
    return false;
  const [, right, , left] = value.split(/\s+(?![^(]*\))/);
  return left !== undefined && left !== right;
}

describe('the stylesheet', () => {
  it('has neither left nor right', () => {
    const css = readFileSync(STYLESHEET, 'utf8').replace(/\/\*[^]*?\*\//g, '');
    const declarations = [...css.matchAll(/[{;]\s*([a-z-]+:\s*[^;{}]+)(?=[;}])/g)].map(([, text = '']) =>
      text.trim(),
    );
    assert.ok(declarations.length > 200);
    assert.deepEqual(
      declarations.filter((declaration) => isPhysical(declaration) && !ALLOWED.has(declaration)),
      [],
    );
  });

  it('nor have the styles in the elements of mails', () => {
    const html = readFileSync(MAIL, 'utf8').replace(/<%[^]*?%>/g, '0');
    const styles = [...html.matchAll(/\sstyle="([^"]*)"/g)].flatMap(([, style = '']) => style.split(';'));
    assert.ok(styles.length > 20);
    assert.deepEqual(
      styles.filter((declaration) => isPhysical(declaration.trim())),
      [],
    );
  });

  it('is found out when it has', () => {
    for (const declaration of [
      'margin-left: 1px',
      'left: 0',
      'text-align: right',
      'padding: 0 1px 0 2px',
      'inset: 1px 1px 1px auto',
    ])
      assert.ok(isPhysical(declaration), declaration);
    for (const declaration of [
      'margin-inline: 1px 2px',
      'padding: 0 1px 2px',
      'inset: 0',
      'margin: 0 auto 0 auto',
      'text-align: start',
    ])
      assert.ok(!isPhysical(declaration), declaration);
  });
});
