import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { nearest } from '../config/nearest.ts';
import { reservedKeys } from '../config/reserved-names.ts';
import { HTTP, url } from '../config/url.ts';
import { AccountError } from './errors.ts';

/**
 * Claims about a person: those of OpenID Connect Core §5.1 with their types, `groups`, and custom ones. Claims that the
 * protocol itself makes cannot be stored.
 */

const MAXIMUM_BYTES = 16_384;
const MAXIMUM_NAME_LENGTH = 256;

const text = v.pipe(v.string('must be text'), v.minLength(1, 'must not be empty'));
const flag = v.boolean('must be true or false');
const SECONDS = 'must be a number of seconds since 1970';
const seconds = v.pipe(v.number(SECONDS), v.finite(SECONDS), v.minValue(0, SECONDS));
const webUrl = url('must be an http or https URL', { protocol: HTTP });
const email = v.pipe(
  v.string('must be an email address'),
  // In any script (RFC 6531).
  v.regex(/^[^\s@"]{1,64}@[^\s@]{1,255}$/u, 'must be an email address'),
);

/** Birthday: a date, a year alone, or a date whose year 0000 means that it is not told (OpenID Connect Core §5.1). */
const BIRTHDATE = 'must be a date like 1990-12-31, or a year';
const birthdate = v.pipe(v.string(BIRTHDATE), v.check(isBirthdate, BIRTHDATE));

/**
 * E.164 with an extension as in RFC 3966, which OpenID Connect Core §5.1 recommends: a country code and up to 15 digits in all. Its examples
 * have spaces, parentheses and hyphens.
 */
const PHONE_NUMBER = /^\+(?=[1-9])(?:[ ().-]*\d){5,15}(?:;ext=(?:[().-]*\d)+)?$/;
const phoneNumber = v.pipe(
  v.string('must be a number like +15551234567 or +15551234567;ext=12'),
  v.regex(PHONE_NUMBER, 'must be a number like +15551234567 or +15551234567;ext=12'),
);

const ADDRESS = {
  formatted: v.optional(text),
  street_address: v.optional(text),
  locality: v.optional(text),
  region: v.optional(text),
  postal_code: v.optional(text),
  country: v.optional(text),
};
const address = v.pipe(
  v.custom<Record<string, unknown>>(isObject, 'must be an object'),
  v.looseObject(ADDRESS),
  v.rawCheck(({ dataset: { value: input }, addIssue }) => {
    for (const [key, value] of Object.entries(Object(input))) {
      if (Object.hasOwn(ADDRESS, key)) continue;
      addIssue({
        message: unknownMember(key),
        path: [{ type: 'object', origin: 'key', input: Object(input), key, value }],
      });
    }
  }),
);

const STANDARD = {
  name: v.optional(text),
  given_name: v.optional(text),
  family_name: v.optional(text),
  middle_name: v.optional(text),
  nickname: v.optional(text),
  preferred_username: v.optional(text),
  profile: v.optional(webUrl),
  picture: v.optional(webUrl),
  website: v.optional(webUrl),
  email: v.optional(email),
  email_verified: v.optional(flag),
  gender: v.optional(text),
  birthdate: v.optional(birthdate),
  zoneinfo: v.optional(v.pipe(text, v.check(isTimeZone, 'must be a time zone like Europe/Paris'))),
  locale: v.optional(v.pipe(text, v.check(isLocale, 'must be a language tag like en or fr-CA'))),
  phone_number: v.optional(phoneNumber),
  phone_number_verified: v.optional(flag),
  address: v.optional(address),
  updated_at: v.optional(seconds),
  groups: v.optional(v.array(text, 'must be a list of names')),
};

/** Names that tokens and responses of the protocols give a meaning of their own. */
const PROTOCOL: ReadonlySet<string> = new Set(
  [
    'iss sub aud exp nbf iat jti typ cnf act may_act events toe txn sub_id sub_jwk',
    'nonce acr amr azp auth_time at_hash c_hash s_hash sid _claim_names _claim_sources',
    'scope client_id active token_type authorization_details',
  ].flatMap((line) => line.split(' ')),
);

const claimsSchema = v.looseObject(STANDARD, 'must be an object');

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
  const issues = (v.safeParse(claimsSchema, input).issues ?? []).filter(
    ({ path }) => path === undefined || isNew(String(path[0].key)),
  );
  const problems = [
    ...Object.keys(input).filter(isNew).flatMap(problemsOfName),
    ...reservedKeys(input).map((path) => `${path.join('.')}: is a reserved name`),
    ...issues.map((issue) => `${v.getDotPath(issue) ?? 'claims'}: ${issue.message}`),
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

function unknownMember(name: string): string {
  const known = nearest(name, Object.keys(ADDRESS));
  return `unknown member${known === undefined ? '' : `; did you mean ${known}?`}`;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBirthdate(text: string): boolean {
  const [, year, date] = /^(\d{4})(-\d\d-\d\d)?$/.exec(text) ?? [];
  if (year === undefined || date === undefined) return year !== undefined && year !== '0000';
  // A leap year, for a birthday on 29 February whose year is not told.
  const text8601 = (year === '0000' ? '2000' : year) + date;
  const parsed = new Date(`${text8601}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text8601);
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
