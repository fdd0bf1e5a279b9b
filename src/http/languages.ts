import type { Context } from 'koa';
import { FALLBACK_LANGUAGE } from '../messages/messages.ts';
import type { LocalizedMember, LocalizedValue } from '../clients/fields/localized.ts';

/** Languages of a request that are looked at. */
const MAX_LANGUAGES = 20;

/** The language of values without a tag. */
const PAGE_LANGUAGE = FALLBACK_LANGUAGE;

declare module 'koa' {
  interface DefaultState {
    /** What the pages of this request are in: the languages of its authorization request, or that of its account. The preferred ones first. */
    languages?: readonly string[] | undefined;
  }
}

/**
 * Chooses the language of the pages: those of `ctx.state.languages`, then those of the browser.
 * @param available tags of the catalogues
 */
export function pageLanguage(available: readonly string[]): (ctx: Context) => string {
  const tags = new Map(available.map((tag) => [tag.toLowerCase(), tag]));
  return (ctx) => {
    const found = lookUpLanguage(
      [...(ctx.state.languages ?? []), ...preferredLanguages(ctx)],
      new Set(tags.keys()),
    );
    return tags.get(found ?? PAGE_LANGUAGE) ?? FALLBACK_LANGUAGE;
  };
}

/**
 * The languages that a person prefers, the most preferred first, in lower case: those that the application names (`ui_locales`, OpenID Connect
 * Core §3.1.2.1), then those of the browser. What is not a language matches nothing.
 */
export function preferredLanguages(ctx: Context, uiLocales?: unknown): string[] {
  const named = typeof uiLocales === 'string' ? uiLocales.split(' ') : [];
  const accepted = [ctx.acceptsLanguages() || []].flat();
  return [...named, ...accepted]
    .filter((language) => language !== '' && language !== '*')
    .slice(0, MAX_LANGUAGES)
    .map((language) => language.toLowerCase());
}

/**
 * The value of a member in the language of a person.
 * @param values of a client
 * @returns undefined for the value without a tag
 */
export function localizedValue(
  values: readonly LocalizedValue[],
  member: LocalizedMember,
  preferred: readonly string[],
): string | undefined {
  const byTag = new Map(
    values.filter((each) => each.member === member).map(({ tag, value }) => [tag, value]),
  );
  const tag = byTag.size === 0 ? undefined : lookUpLanguage(preferred, new Set(byTag.keys()));
  return tag === undefined ? undefined : byTag.get(tag);
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
      if (range === PAGE_LANGUAGE) return undefined;
    }
  }
  return undefined;
}

/** Without the last subtag, and without a single letter that is the last one then. */
function shortened(range: string): string {
  return range.replace(/(?:^|-)[^-]*$/, '').replace(/(?:^|-)[^-]$/, '');
}
