import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** Text of the element with the focus: what most accessible names are, for less time than the name takes. */
const FOCUSED_TEXT = `(({ labels, ariaLabel, innerText }) =>
  (labels?.[0]?.innerText ?? ariaLabel ?? innerText).trim())(document.activeElement)`;

/** Presses Tab until the element with this name has the focus, and a ring. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<string>(FOCUSED_TEXT);
    if (stop === name) break;
    passed.push(stop);
    assert.ok(passed.length < 30, `${name} is not among ${passed.join(', ')}`);
  }
  const focused = page.locator(':focus');
  assert.ok((await focused.ariaSnapshot()).includes(`"${name}"`), name);
  const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  assert.equal(ring, 'solid', name);
}
