import type { Context } from 'koa';
import type { Choice, Offer } from '../../accounts/sign-up/new-person.ts';
import { termsUrl } from '../../accounts/terms.ts';
import type { Terms } from '../../config/schema-sign-up.ts';
import { formField } from '../../http/form-body.ts';
import { linkToken } from '../../http/link-form.ts';
import type { FormProblem } from '../../pages/page-data.ts';
import type { NewAccountPage } from './page-data.ts';

/** The form of a new account: the same behind a link of a sign-up and of an invitation. */

export interface FormSettings {
  terms: Terms | undefined;
  minimumPasswordLength: number;
  /** The language of the pages of a request. */
  languageOf: (ctx: Context) => string;
}

export interface FormTarget extends Pick<NewAccountPage, 'action' | 'csrf' | 'passkey'> {}

/** @param again what was wrong with the form that was posted */
export function newAccountPage(
  ctx: Context,
  { terms, minimumPasswordLength, languageOf }: FormSettings,
  { address, name }: Pick<Offer, 'address'> & { readonly name?: string | undefined },
  { passkey, ...target }: FormTarget,
  again?: readonly FormProblem[],
): NewAccountPage {
  const typed = again === undefined ? undefined : formField(ctx, 'name');
  return {
    ...target,
    token: linkToken(ctx),
    address,
    name: typed ?? name,
    minimumPasswordLength,
    ...(terms !== undefined && {
      terms: { version: terms.version, url: termsUrl(terms, languageOf(ctx)) },
      acceptsTerms: again !== undefined && formField(ctx, 'terms') === terms.version,
    }),
    passkey,
    problems: again,
  };
}

/** What the person has chosen. Of the terms, only the version counts that the page has shown. */
export function readChoice(
  ctx: Context,
  { terms, languageOf }: FormSettings,
  passkey?: Choice['passkey'],
): Choice {
  return {
    name: formField(ctx, 'name') ?? '',
    ...(passkey === undefined ? { password: formField(ctx, 'password') ?? '' } : { passkey }),
    acceptsTerms: terms !== undefined && formField(ctx, 'terms') === terms.version,
    language: languageOf(ctx),
  };
}
