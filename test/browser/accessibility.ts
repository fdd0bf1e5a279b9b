import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * Runs axe on a page, without its frames: no script runs in the one of a mail.
 * @param rules ids of the only rules to run
 * @returns one text for each violated rule (`color-contrast: <p>…</p>`), and the ids of the rules that passed
 */
export async function checkAccessibility(
  page: Page,
  rules?: string[],
): Promise<{ violations: string[]; passed: string[] }> {
  const options = { iframes: false, ...(rules !== undefined && { runOnly: rules }) };
  // By a debugger, which no policy of the page binds. A page whose content was replaced has it still.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<AxeResults>(
    `axe.run(document, ${JSON.stringify(options)})`,
  );
  return {
    violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    passed: passes.map(({ id }) => id),
  };
}
