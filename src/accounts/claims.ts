import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { nearest } from '../config/nearest.ts';
import { reservedKeys } from '../config/reserved-names.ts';
import { AccountError } from './errors.ts';

/**
 * Claims of an account: the standard claims of OpenID Connect Core §5.1 with their types, `groups`, and custom claims. Claims
 * that the protocol sets, such as `iss`, cannot be stored.
 */

const MAX_BYTES = 16_384;
const MAX_NAME_LENGTH = 256;

const text = z.string({ error: 'must be text' }).min(1, 'must not be empty');
const flag = z.boolean({ error: 'must be true or false' });
const seconds = z
  .number({ error: 'must be a number of seconds since 1970' })
  .nonnegative('must be a number of seconds since 1970');
const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/** A date, a year, or a date with the year 0000 when the year is withheld (OpenID Connect Core §5.1). */
const birthdate = z
  .string({ error: 'must be a date like 1990-12-31, or a year' })
  .refine(isBirthdate, 'must be a date like 1990-12-31, or a year');

/**
 * E.164 with an RFC 3966 extension, as OpenID Connect Core §5.1 recommends: a country code and at most 15 digits in total, with
 * the separators of its examples: spaces, parentheses and hyphens.
 */
const PHONE_NUMBER = /^\+(?=[1-9])(?:[ ().-]*\d){5,15}(?:;ext=(?:[().-]*\d)+)?$/;
const phoneNumber = z
  .string({ error: 'must be a number like +15551234567 or +15551234567;ext=12' })
  .regex(PHONE_NUMBER, 'must be a number like +15551234567 or +15551234567;ext=12');

const address = z.strictObject(
  {
    formatted: text.optional(),
    street_address: text.optional(),
    locality: text.optional(),
    region: text.optional(),
    postal_code: text.optional(),
    country: text.optional(),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'must be an object') },
);

const STANDARD_CLAIMS = {
  name: text.optional(),
  given_name: text.optional(),
  family_name: text.optional(),
  middle_name: text.optional(),
  nickname: text.optional(),
  preferred_username: text.optional(),
  profile: webUrl.optional(),
  picture: webUrl.optional(),
  website: webUrl.optional(),
  email: z.email({ pattern: z.regexes.unicodeEmail, error: 'must be an email address' }).optional(),
  email_verified: flag.optional(),
  gender: text.optional(),
  birthdate: birthdate.optional(),
  zoneinfo: text.refine(isTimeZone, 'must be a time zone like Europe/Paris').optional(),
  locale: text.refine(isLocale, 'must be a language tag like en or fr-CA').optional(),
  phone_number: phoneNumber.optional(),
  phone_number_verified: flag.optional(),
  address: address.optional(),
  updated_at: seconds.optional(),
  groups: z.array(text, { error: 'must be a list of names' }).optional(),
};

/** Names that have a meaning in tokens and protocol responses. */
const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set(
  [
    'iss sub aud exp nbf iat jti typ cnf act may_act events toe txn sub_id sub_jwk',
    'nonce acr amr azp auth_time at_hash c_hash s_hash sid _claim_names _claim_sources',
    'scope client_id active token_type authorization_details',
  ].flatMap((line) => line.split(' ')),
);

const claimsSchema = z.looseObject(STANDARD_CLAIMS, { error: 'must be an object' });

/**
 * Validates claims.
 * @param input parsed JSON
 * @param stored the current claims of the account; a claim with an unchanged value is not validated again, because an earlier
 *   version may have accepted it
 * @returns `input`
 * @throws AccountError with a sentence for each invalid claim
 */
export function parseClaims(
  input: Record<string, unknown>,
  stored: Record<string, unknown> = {},
): Record<string, unknown> {
  const isNew = (name: string): boolean =>
    !Object.hasOwn(stored, name) || !isDeepStrictEqual(input[name], stored[name]);
  const parsed = claimsSchema.safeParse(input);
  const issues = (parsed.error?.issues ?? []).filter(
    ({ path: [name] }) => name === undefined || isNew(String(name)),
  );
  const problems = [
    ...Object.keys(input).filter(isNew).flatMap(problemsOfName),
    ...reservedKeys(input).map((path) => `${path.join('.')}: is a reserved name`),
    ...issues.flatMap(describe),
  ];
  if (Buffer.byteLength(JSON.stringify(input)) > MAX_BYTES) {
    problems.push(`the claims are larger than ${MAX_BYTES} bytes`);
  }
  if (problems.length > 0) throw new AccountError(problems);
  return input;
}

function problemsOfName(name: string): string[] {
  if (PROTOCOL_CLAIMS.has(name)) return [`${name}: is set by the protocol and cannot be stored`];
  if (name === '' || name.length > MAX_NAME_LENGTH || /\p{C}/u.test(name)) {
    return [`${JSON.stringify(name.slice(0, 40))}: is not the name of a claim`];
  }
  // Custom claims may have any name, but `givenName` is a misspelt `given_name`.
  const standard = Object.keys(STANDARD_CLAIMS).find((known) => letters(known) === letters(name));
  return standard === undefined || standard === name ? [] : [`${name}: is written ${standard}`];
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.') || 'claims';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = nearest(key, Object.keys(address.shape));
      return `${path}.${key}: unknown member${known === undefined ? '' : `; did you mean ${known}?`}`;
    });
  }
  return [`${path}: ${issue.message}`];
}

function isBirthdate(text: string): boolean {
  const [, year, date] = /^(\d{4})(-\d\d-\d\d)?$/.exec(text) ?? [];
  if (year === undefined || date === undefined) return year !== undefined && year !== '0000';
  // The year 2000 is a leap year, so 0000-02-29 is accepted.
  return z.iso.date().safeParse((year === '0000' ? '2000' : year) + date).success;
}

/** A name of the IANA time zone database. `Intl` also accepts offsets, which are rejected here. */
function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** A BCP 47 tag, also with an underscore (`en_US`), which OpenID Connect Core §5.1 asks implementations to accept. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag.replace('_', '-')).length === 1;
  } catch {
    return false;
  }
}
