import type { BrowserContext } from 'playwright-core';

/**
 * Chromium writes this when a field has the focus before the first rendering has handled `autofocus`. It depends on how fast
 * the driver fills in the form, and says nothing about the page.
 */
const FOCUSED_BEFORE_AUTOFOCUS =
  'Autofocus processing was blocked because a document already has a focused element.';

/**
 * Collects the console messages (blocked by a policy, not found, deprecated …) and uncaught script errors of all tabs.
 * @returns the texts in the order in which they came; the array grows while the context is open
 */
export function collectComplaints(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (message.text() !== FOCUSED_BEFORE_AUTOFOCUS) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return complaints;
}
