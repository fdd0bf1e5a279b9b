import * as v from 'valibot';
import { duration } from './duration.ts';
import { number, oneOf, optional, text, withDefault } from './schema-values.ts';
import { HTTP, url } from './url.ts';

/** The keys of `signet.yaml` for people who get an account by themselves or by an invitation, and for the terms that everyone accepts. */

export const SIGN_UP_MODES = ['off', 'invitation', 'open'] as const;
export type SignUpMode = (typeof SIGN_UP_MODES)[number];

const DAY = 86_400;
const MAX_LINK_LIFETIME = DAY;
/** Seconds. */
export const MAX_INVITATION_LIFETIME = 90 * DAY;

export const signUp = v.strictObject({
  mode: optional(
    oneOf(SIGN_UP_MODES),
    'How people get an account beside `signet user add` and `import`: not at all (`off`), by `signet user invite` (`invitation`), or also by the sign-in page (`open`). `signUp: open` is short for this key. Default: `open` where the demo is on, otherwise `off`.',
  ),
  linkLifetime: withDefault(
    duration,
    'Time for which the link to a new account is valid that a person has requested; at most a day.',
    3600,
  ),
  invitationLifetime: withDefault(
    duration,
    'Time for which an invitation is valid without `--expires`; at most 90 days.',
    7 * DAY,
  ),
  perNetwork: withDefault(
    number(1),
    'Links to new accounts per hour that one network (IPv4 address or IPv6 /64) may request.',
    60,
  ),
  overall: withDefault(
    number(1),
    'Links to new accounts per hour that all networks together may request.',
    1000,
  ),
});

const documentUrl = (description: string) =>
  url('must be an http or https URL', { protocol: HTTP, description });

export const terms = v.strictObject({
  version: optional(
    v.pipe(text, v.maxLength(40)),
    'Names the version that people accept. With another one, everyone is asked at the next sign-in. Default: there are no terms.',
  ),
  url: v.optional(documentUrl('The terms, for languages that `urls` lacks.')),
  urls: optional(
    v.record(
      v.pipe(
        v.string(),
        v.regex(/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'expected a language such as de or pt-BR'),
      ),
      documentUrl(''),
    ),
    'The terms by language: `{ en: https://example.com/terms, de: https://example.com/agb }`.',
  ),
});

/** Whether people get an account without an operator: they need mails. */
export function offersSignUp({
  signUp: { mode },
  mail: { server },
}: {
  signUp: { mode: SignUpMode };
  mail: { server?: string | undefined };
}): boolean {
  return mode === 'open' && server !== undefined;
}

export type SignUpConfig = v.InferOutput<typeof signUp>;
export type TermsInput = v.InferOutput<typeof terms>;

/** The terms that people accept. */
export interface Terms {
  version: string;
  /** For languages without one of their own. */
  url: string | undefined;
  /** By language. */
  urls: Readonly<Record<string, string>>;
}

/** @returns undefined where people accept none */
export function termsOf({ version, url: fallback, urls = {} }: TermsInput): Terms | undefined {
  return version === undefined ? undefined : { version, url: fallback, urls };
}

/** One sentence for each problem. */
export function signUpProblems(
  {
    signUp: { mode, linkLifetime, invitationLifetime },
    terms: { version, url: fallback, urls = {} },
    mail: { server },
  }: { signUp: SignUpConfig; terms: TermsInput; mail: { server?: string | undefined } },
  isProduction: boolean,
): string[] {
  const hasAddress = fallback !== undefined || Object.keys(urls).length > 0;
  return [
    // In development, mails are files.
    ...(mode === 'open' && isProduction && server === undefined
      ? ['signUp.mode: open needs mail.server, because people get a link by mail']
      : []),
    ...(linkLifetime > MAX_LINK_LIFETIME ? ['signUp.linkLifetime: at most a day'] : []),
    ...(invitationLifetime > MAX_INVITATION_LIFETIME ? ['signUp.invitationLifetime: at most 90 days'] : []),
    ...(version !== undefined && !hasAddress
      ? ['terms.version: needs terms.url, or terms.urls by language']
      : []),
    ...(version === undefined && hasAddress ? ['terms.version: is missing'] : []),
  ];
}
