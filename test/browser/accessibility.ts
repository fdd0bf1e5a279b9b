import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * Runs axe on a page. The pages have no frames, so axe runs in the page itself (legacy mode), which spares a second tab for each run.
 * @param rules ids of the only rules to run
 * @returns one text for each violated rule (`color-contrast: <p>…</p>`), and the ids of the rules that passed
 */
export async function checkAccessibility(
  page: Page,
  rules?: string[],
): Promise<{ violations: string[]; passed: string[] }> {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations, passes } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return {
    violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    passed: passes.map(({ id }) => id),
  };
}
