import type { Page } from 'playwright-core';
import type { Demo } from './demo.ts';

/** The demo has free ports; the README shows those of `npm start`. */
export async function showUsualPorts(page: Page, { issuer, api, app }: Demo): Promise<void> {
  const ports = { [issuer]: 3000, [api]: 3001, [app]: 3002 };
  await page.evaluate(`{
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const [url, port] of Object.entries(${JSON.stringify(ports)})) {
        texts.currentNode.data = texts.currentNode.data.replaceAll(url, 'http://localhost:' + port);
      }
    }
  }`);
}
