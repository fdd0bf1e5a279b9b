import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** Presses Tab until the element with this name has the focus, and a ring. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    const stop = (await focused.count()) === 0 ? '' : await focused.ariaSnapshot();
    if (stop.includes(`"${name}"`)) break;
    passed.push(stop);
    assert.ok(passed.length < 30, `${name} is not among ${passed.join(', ')}`);
  }
  const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  assert.equal(ring, 'solid', name);
}
