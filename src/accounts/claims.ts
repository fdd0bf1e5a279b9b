import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { nearest } from '../config/nearest.ts';
import { reservedKeys } from '../config/reserved-names.ts';
import { AccountError } from './errors.ts';

/**
 * Claims about a person: those of OpenID Connect Core §5.1 with their types, `groups`, and custom ones. Claims that the
 * protocol itself makes cannot be stored.
 */

const MAXIMUM_BYTES = 16_384;
const MAXIMUM_NAME_LENGTH = 256;

const text = z.string({ error: 'must be text' }).min(1, 'must not be empty');
const flag = z.boolean({ error: 'must be true or false' });
const seconds = z
  .number({ error: 'must be a number of seconds since 1970' })
  .nonnegative('must be a number of seconds since 1970');
const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

/** Birthday: a date, a year alone, or a date whose year 0000 means that it is not told (OpenID Connect Core §5.1). */
const birthdate = z
  .string({ error: 'must be a date like 1990-12-31, or a year' })
  .refine(isBirthdate, 'must be a date like 1990-12-31, or a year');

/**
 * E.164 with an extension as in RFC 3966, which OpenID Connect Core §5.1 recommends: a country code and up to 15 digits in all. Its examples
 * have spaces, parentheses and hyphens.
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

const STANDARD = {
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

/** Names that tokens and responses of the protocols give a meaning of their own. */
const PROTOCOL: ReadonlySet<string> = new Set(
  [
    'iss sub aud exp nbf iat jti typ cnf act may_act events toe txn sub_id sub_jwk',
    'nonce acr amr azp auth_time at_hash c_hash s_hash sid _claim_names _claim_sources',
    'scope client_id active token_type authorization_details',
  ].flatMap((line) => line.split(' ')),
);

const claimsSchema = z.looseObject(STANDARD, { error: 'must be an object' });

/**
 * @param input claims as JSON gives them
 * @param stored claims that the account has already: those that stay as they are were checked by the version that stored them
 * @returns the same claims
 * @throws AccountError with a sentence for each claim that is wrong
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
  if (Buffer.byteLength(JSON.stringify(input)) > MAXIMUM_BYTES) {
    problems.push(`the claims are larger than ${MAXIMUM_BYTES} bytes`);
  }
  if (problems.length > 0) throw new AccountError(problems);
  return input;
}

function problemsOfName(name: string): string[] {
  if (PROTOCOL.has(name)) return [`${name}: is set by the protocol and cannot be stored`];
  if (name === '' || name.length > MAXIMUM_NAME_LENGTH || /\p{C}/u.test(name)) {
    return [`${JSON.stringify(name.slice(0, 40))}: is not the name of a claim`];
  }
  // A custom claim may have any name, but `givenName` is a slip for `given_name`.
  const standard = Object.keys(STANDARD).find((known) => letters(known) === letters(name));
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
  // A leap year, for a birthday on 29 February whose year is not told.
  return z.iso.date().safeParse((year === '0000' ? '2000' : year) + date).success;
}

/** A name of the IANA database, and none of the offsets that `Intl` knows too. */
function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** BCP 47; some write `en_US`, which OpenID Connect Core §5.1 asks readers to accept. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag.replace('_', '-')).length === 1;
  } catch {
    return false;
  }
}
