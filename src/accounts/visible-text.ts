/** Control and format characters, which could change how a page shows what follows, without the joiners that some scripts need. */
const INVISIBLE = /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/u;

/** For what people write of themselves, and others read. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE.test(text);
}
