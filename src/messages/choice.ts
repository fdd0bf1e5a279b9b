import { FALLBACK_LANGUAGE } from './messages.ts';

/** Chooses among languages by their BCP 47 tags. */

/**
 * Chooses the language of a text.
 * @param available tags of the catalogues
 * @returns a function of the preferred languages, the most preferred first
 */
export function chooseLanguage(
  available: readonly string[],
): (preferred: readonly (string | undefined)[]) => string {
  const tags = new Map(available.map((tag) => [tag.toLowerCase(), tag]));
  const names = new Set(tags.keys());
  return (preferred) => {
    const wanted = preferred.flatMap((tag) => (tag === undefined ? [] : [normalizeLanguage(tag)]));
    return tags.get(lookUpLanguage(wanted, names) ?? FALLBACK_LANGUAGE) ?? FALLBACK_LANGUAGE;
  };
}

/** In lower case. The claim `locale` may have an underscore (OpenID Connect Core §5.1). */
export function normalizeLanguage(tag: string): string {
  return tag.toLowerCase().replaceAll('_', '-');
}

/**
 * RFC 4647 §3.4, look-up: `de-CH` also finds `de`. A value without a tag is taken to be in the language of the pages.
 * @param tags in lower case
 * @returns undefined for the value without a tag
 */
export function lookUpLanguage(preferred: readonly string[], tags: ReadonlySet<string>): string | undefined {
  for (const language of preferred) {
    for (let range = language; range !== ''; range = shortened(range)) {
      if (tags.has(range)) return range;
      if (range === FALLBACK_LANGUAGE) return undefined;
    }
  }
  return undefined;
}

/** Without the last subtag, and without a single letter that is the last one then. */
function shortened(range: string): string {
  return range.replace(/(?:^|-)[^-]*$/, '').replace(/(?:^|-)[^-]$/, '');
}
