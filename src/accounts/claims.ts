import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { isJsonObject } from '../config/json-object.ts';
import { nearest } from '../config/nearest.ts';
import { PROTOCOL_CLAIMS } from '../config/protocol-claims.ts';
import { reservedKeys } from '../config/reserved-names.ts';
import { HTTP, url } from '../config/url.ts';
import { AccountError } from './errors.ts';

/**
 * Claims of an account: the standard claims of OpenID Connect Core §5.1 with their types, `groups`, and custom claims. Claims
 * that the protocol sets, such as `iss`, cannot be stored.
 */

const MAX_BYTES = 16_384;
const MAX_NAME_LENGTH = 256;

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

/** A date, a year, or a date with the year 0000 when the year is withheld (OpenID Connect Core §5.1). */
const BIRTHDATE = 'must be a date like 1990-12-31, or a year';
const birthdate = v.pipe(v.string(BIRTHDATE), v.check(isBirthdate, BIRTHDATE));

/**
 * E.164 with an RFC 3966 extension, as OpenID Connect Core §5.1 recommends: a country code and at most 15 digits in total, with
 * the separators of its examples: spaces, parentheses and hyphens.
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
  v.custom<Record<string, unknown>>(isJsonObject, 'must be an object'),
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

const STANDARD_CLAIMS = {
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

const STANDARD_BY_LETTERS = new Map(Object.keys(STANDARD_CLAIMS).map((name) => [letters(name), name]));

const claimsSchema = v.looseObject(STANDARD_CLAIMS, 'must be an object');

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
  const issues = (v.safeParse(claimsSchema, input).issues ?? []).filter(
    ({ path }) => path === undefined || isNew(String(path[0].key)),
  );
  const problems = [
    ...Object.keys(input).filter(isNew).flatMap(problemsOfName),
    ...reservedKeys(input).map((path) => `${path.join('.')}: is a reserved name`),
    ...issues.map((issue) => `${v.getDotPath(issue) ?? 'claims'}: ${issue.message}`),
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
  const standard = STANDARD_BY_LETTERS.get(letters(name));
  return standard === undefined || standard === name ? [] : [`${name}: is written ${standard}`];
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

function unknownMember(name: string): string {
  const known = nearest(name, Object.keys(ADDRESS));
  return `unknown member${known === undefined ? '' : `; did you mean ${known}?`}`;
}

function isBirthdate(text: string): boolean {
  const [, year, date] = /^(\d{4})(-\d\d-\d\d)?$/.exec(text) ?? [];
  if (year === undefined || date === undefined) return year !== undefined && year !== '0000';
  // The year 2000 is a leap year, so 0000-02-29 is accepted.
  const text8601 = (year === '0000' ? '2000' : year) + date;
  const parsed = new Date(`${text8601}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(text8601);
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
