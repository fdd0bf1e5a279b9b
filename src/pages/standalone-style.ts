import { readFileSync } from 'node:fs';
import { accentOf, accentStylesheet } from './theme.ts';

const STYLESHEET = new URL('../../views/assets/signet.css', import.meta.url);

/** Of no brand. */
const NEUTRAL = '#475569';

/**
 * The stylesheet of a page that is complete in itself: one that the engine writes, and one at an address that is not ours, from
 * where nothing can be loaded. Its policy names it by its hash (`page-security.ts`).
 */
export function standaloneStyle(): string {
  style ??= accentStylesheet(accentOf(NEUTRAL)) + readFileSync(STYLESHEET, 'utf8');
  return style;
}

let style: string | undefined;
