import type { CreationOptions } from '../../accounts/credentials/passkey-options.ts';
import type { ClientView, FormProblem, PageError } from '../../pages/page-data.ts';

/** The data of the pages for people who get an account. */

/** Asks for the email address: posts `csrf` and `email` to `action`. */
export interface SignUpPage {
  action: string;
  csrf: string;
  client: ClientView;
  /** Prefills the address. */
  address?: string | undefined;
  /** The page of a person who has an account: a link; or a form, which posts `csrf` to it. */
  back: { url: string; posts: boolean };
  error?: PageError | undefined;
  /** The form was posted. The same for every address. `seconds`: how long the link in the mail is valid. */
  sent?: { address: string; seconds: number; inbox?: string | undefined } | undefined;
}

/**
 * Asks for a name, and a password or a passkey: posts `csrf`, `token`, `name`, `password` or `credential` (the answer of the browser to
 * `passkey`) and, with terms, `terms` to `action`.
 */
export interface NewAccountPage {
  action: string;
  csrf: string;
  /** Of the link. */
  token: string;
  address: string;
  /** As typed, or as the invitation has it. */
  name?: string | undefined;
  minimumPasswordLength: number;
  /** What the browser makes a passkey from; absent where there are none. */
  passkey?: CreationOptions | undefined;
  terms?: { url: string; version: string } | undefined;
  /** They were accepted, on the page that is shown again. */
  acceptsTerms?: boolean | undefined;
  /** What is wrong with what was typed; its fields are `name`, `password` and `terms`. */
  problems?: readonly FormProblem[] | undefined;
}

/** Asks for the terms at a sign-in: posts `csrf` to `action`. */
export interface TermsPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  terms: { url: string; version: string };
  /** Another version was accepted before. */
  isChange: boolean;
}

declare module '../../pages/page-data.ts' {
  interface PageData {
    'sign-up': SignUpPage;
    'new-account': NewAccountPage;
    terms: TermsPage;
  }
}
