import { readFileSync } from 'node:fs';
import { accentOf, accentStylesheet } from './theme.ts';

const STYLESHEET = new URL('../../views/assets/signet.css', import.meta.url);

/** Without a brand. */
const NEUTRAL = '#475569';

/**
 * The stylesheet of a page that loads nothing: the form that is passed on, and pages at an address that is not ours. Its policy has the hash
 * of the style (`csp.ts`).
 */
export function standaloneStyle(): string {
  style ??= accentStylesheet(accentOf(NEUTRAL)) + readFileSync(STYLESHEET, 'utf8');
  return style;
}

let style: string | undefined;
