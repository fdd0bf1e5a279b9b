import type { Context } from 'koa';
import { chooseLanguage, lookUpLanguage, normalizeLanguage } from '../messages/choice.ts';
import type { LocalizedMember, LocalizedValue } from '../clients/fields/localized.ts';

/** Languages of a request that are looked at. */
const MAX_LANGUAGES = 20;
/** Characters of `ui_locales` that an address takes along. */
const MAX_UI_LOCALES = 256;

declare module 'koa' {
  interface DefaultState {
    /** Those that the authorization request of this request named, in its order. */
    languages?: readonly string[] | undefined;
    /** That of the account that the page is for. */
    accountLanguage?: string | undefined;
  }
}

/** @param uiLocales of an authorization or logout request (OpenID Connect Core §3.1.2.1) */
export function useLanguages(ctx: Context, uiLocales: unknown): void {
  ctx.state.languages = tagsOf(uiLocales);
}

/** @param account whose page it is; its language is the claim `locale` */
export function useLanguageOf(
  ctx: Context,
  { claims: { locale } }: { claims: Record<string, unknown> },
): void {
  ctx.state.accountLanguage = typeof locale === 'string' ? locale : undefined;
}

/** Chooses the language of the pages. @param available tags of the catalogues */
export function pageLanguage(available: readonly string[]): (ctx: Context) => string {
  const choose = chooseLanguage(available);
  return (ctx) => choose(preferredLanguages(ctx));
}

/**
 * The languages that a person prefers, the most preferred first, in lower case: those that the application names (`ui_locales`), which any page
 * accepts in its address, then that of the account, then those of the browser. What is not a language matches nothing.
 */
export function preferredLanguages(ctx: Context): string[] {
  const requested = ctx.state.languages ?? tagsOf(ctx.query.ui_locales);
  const { accountLanguage } = ctx.state;
  const accepted = [ctx.acceptsLanguages() || []].flat();
  return [...requested, ...(accountLanguage === undefined ? [] : [accountLanguage]), ...accepted]
    .filter((language) => language !== '*')
    .slice(0, MAX_LANGUAGES)
    .map(normalizeLanguage);
}

/**
 * For the address of a page that knows neither the authorization request nor the account of this page, so that it has the same language.
 * @returns nothing where the browser decides
 */
export function uiLocalesOf({ state, query }: Context): { ui_locales?: string } {
  const requested = state.languages ?? tagsOf(query.ui_locales);
  const account = state.accountLanguage === undefined ? [] : [state.accountLanguage];
  const languages = [...requested, ...account].join(' ');
  return languages === '' || languages.length > MAX_UI_LOCALES ? {} : { ui_locales: languages };
}

function tagsOf(uiLocales: unknown): string[] {
  return typeof uiLocales === 'string' ? uiLocales.split(' ').filter((tag) => tag !== '') : [];
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
