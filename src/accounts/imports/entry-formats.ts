import { isJsonObject } from '../../config/json-object.ts';
import {
  type FirebaseParameters,
  hashFromAuth0,
  hashFromFirebase,
  hashFromKeycloak,
  hashFromText,
} from '../credentials/foreign-formats.ts';
import { AccountError } from '../errors.ts';
import {
  type DescribedFactors,
  factorsFromAuth0,
  factorsFromKeycloak,
  factorsFromSecret,
  NO_FACTORS,
} from './foreign-factors.ts';
import { objectsIn, textOf } from './json-values.ts';

/** An account as a file describes it; its name and claims are not validated yet. */
export interface DescribedAccount {
  id?: string | undefined;
  username: string;
  claims: Record<string, unknown>;
  disabled: boolean;
  passwordHash?: string | undefined;
  factors: DescribedFactors;
  /** Epoch seconds. */
  createdAt?: number | undefined;
}

type Entry = Readonly<Record<string, unknown>>;

/** Whether an entry is about a person: not the service account of a client in Keycloak, and not another object of Django, such as a group. */
export function isPerson(entry: Entry): boolean {
  if (typeof entry.model === 'string' && isJsonObject(entry.fields)) return 'password' in entry.fields;
  return typeof entry.serviceAccountClientId !== 'string';
}

/**
 * What an entry of a file means: an account as `signet user export` writes it, or as Django, Firebase, Keycloak and Auth0 do.
 * @throws AccountError for a password hash that cannot be used, and for a member that has another type than it should
 */
export function describeAccount(entry: Entry, firebase: FirebaseParameters | undefined): DescribedAccount {
  if (typeof entry[''] === 'string') throw new AccountError([entry['']]);
  if (typeof entry.model === 'string' && isJsonObject(entry.fields)) return fromDjango(entry.fields);
  if ('localId' in entry) return fromFirebase(entry, firebase);
  if ('credentials' in entry || 'emailVerified' in entry || 'firstName' in entry) return fromKeycloak(entry);
  if (AUTH0_MEMBERS.some((member) => member in entry)) return fromAuth0(entry);
  return fromSignet(entry);
}

const AUTH0_MEMBERS = ['user_id', 'passwordHash', 'custom_password_hash', 'mfa_factors', 'identifiers'];

function fromSignet({
  id,
  username,
  disabled,
  password_hash,
  totp_secret,
  created_at,
  claims,
  ...rest
}: Entry): DescribedAccount {
  if ('password' in rest)
    throw new AccountError(['password: passwords are imported as hashes only (password_hash)']);
  if (claims !== undefined && !isJsonObject(claims))
    throw new AccountError(['claims: must be a JSON object']);
  const twice = Object.keys(claims ?? {}).filter((name) => Object.hasOwn(rest, name));
  if (twice.length > 0) throw new AccountError(twice.map((name) => `${name}: is in claims and beside it`));
  return described({
    id: text('id', id),
    username: text('username', username),
    claims: { ...claims, ...rest },
    disabled: flag('disabled', disabled),
    passwordHash: hashOf(text('password_hash', password_hash)),
    factors: factorsFromSecret(text('totp_secret', totp_secret)),
    createdAt: typeof created_at === 'number' ? Math.floor(created_at) : timeIn('created_at', created_at),
  });
}

/** `manage.py dumpdata auth.user`. With `--natural-foreign`, a group is a list with its name; else it is a number, and left out. */
function fromDjango(fields: Entry): DescribedAccount {
  const groups = Array.isArray(fields.groups) ? fields.groups.filter((group) => Array.isArray(group)) : [];
  const [first, last] = [text('first_name', fields.first_name), text('last_name', fields.last_name)];
  const password = text('password', fields.password);
  return described({
    username: text('username', fields.username),
    claims: {
      ...nameClaims(first, last),
      email: text('email', fields.email),
      groups: groups.length === 0 ? undefined : groups.map(([name]) => textOf(name)),
    },
    disabled: fields.is_active === false,
    // An exclamation mark begins the hash of an account that cannot sign in with a password.
    passwordHash: password?.startsWith('!') === true ? undefined : hashOf(password),
    factors: NO_FACTORS,
    createdAt: secondsOf(fields.date_joined),
  });
}

/** `firebase auth:export users.json`. */
function fromFirebase(entry: Entry, parameters: FirebaseParameters | undefined): DescribedAccount {
  const [hash, salt] = [text('passwordHash', entry.passwordHash), text('salt', entry.salt)];
  if (hash !== undefined && parameters === undefined)
    throw new AccountError([
      'the password hash needs the parameters of the Firebase project (--firebase-parameters)',
    ]);
  return described({
    id: text('localId', entry.localId),
    username: text('email', entry.email),
    claims: {
      email: text('email', entry.email),
      email_verified: entry.emailVerified === true || undefined,
      name: text('displayName', entry.displayName),
      picture: text('photoUrl', entry.photoUrl),
      phone_number: text('phoneNumber', entry.phoneNumber),
    },
    disabled: flag('disabled', entry.disabled),
    passwordHash: hash && parameters && hashFromFirebase(hash, salt ?? '', parameters),
    factors: NO_FACTORS,
    createdAt: secondsOf(Number(entry.createdAt ?? Number.NaN)),
  });
}

/** `users` of a realm export. */
function fromKeycloak(entry: Entry): DescribedAccount {
  const credentials = objectsIn(entry.credentials);
  const password = credentials.find(({ type }) => type === 'password');
  const [first, last] = [text('firstName', entry.firstName), text('lastName', entry.lastName)];
  const groups: unknown[] = Array.isArray(entry.groups) ? entry.groups : [];
  const [locale] = isJsonObject(entry.attributes) ? [entry.attributes.locale].flat() : [];
  return described({
    id: text('id', entry.id),
    username: text('username', entry.username),
    claims: {
      ...nameClaims(first, last),
      email: text('email', entry.email),
      email_verified: entry.emailVerified === true || undefined,
      locale: text('attributes.locale', locale),
      groups: groups.length === 0 ? undefined : groups.map((group) => String(group).replace(/^\//, '')),
    },
    disabled: entry.enabled === false,
    passwordHash: password && hashFromKeycloak(password),
    factors: factorsFromKeycloak(credentials),
    createdAt: secondsOf(entry.createdTimestamp),
  });
}

/**
 * A line of a user export of Auth0; of the file with password hashes (bcrypt) that its support makes; or an entry of its import format, with
 * `password_hash` or `custom_password_hash`.
 */
function fromAuth0(entry: Entry): DescribedAccount {
  const hash = text('passwordHash', entry.passwordHash) ?? text('password_hash', entry.password_hash);
  const custom = entry.custom_password_hash;
  const identifiers = objectsIn(entry.identifiers);
  const identifier = (type: string) => identifiers.find((each) => each.type === type);
  const email = text('email', entry.email ?? identifier('email')?.value);
  const isVerified = entry.email_verified ?? identifier('email')?.verified;
  const name = text('name', entry.name);
  return described({
    id: text('user_id', entry.user_id) ?? auth0Id(entry),
    username: text('username', entry.username ?? identifier('username')?.value) ?? email,
    claims: {
      email,
      email_verified: isVerified === true || undefined,
      // Auth0 writes the address where a person has no name.
      name: name === email ? undefined : name,
      given_name: text('given_name', entry.given_name),
      family_name: text('family_name', entry.family_name),
      nickname: text('nickname', entry.nickname),
      picture: text('picture', entry.picture),
    },
    disabled: entry.blocked === true,
    passwordHash: isJsonObject(custom) ? hashFromAuth0(custom) : hashOf(hash),
    factors: factorsFromAuth0(objectsIn(entry.mfa_factors)),
    createdAt: secondsOf(entry.created_at),
  });
}

/** The file with hashes has the `user_id` in parts. */
function auth0Id({ alt_id, _id }: Entry): string | undefined {
  const id = text('alt_id', alt_id) ?? (isJsonObject(_id) ? text('_id', _id.$oid) : undefined);
  return id === undefined ? undefined : `auth0|${id}`;
}

function described(
  account: Omit<DescribedAccount, 'username'> & { username: string | undefined },
): DescribedAccount {
  const { username, claims } = account;
  if (username === undefined) throw new AccountError(['it has no username']);
  const known = Object.entries(claims).filter(([, value]) => value !== undefined && value !== null);
  return { ...account, username, claims: Object.fromEntries(known) };
}

/** A hash of Signet's own is one of argon2, too. */
function hashOf(hash: string | undefined): string | undefined {
  return hash === undefined ? undefined : hashFromText(hash);
}

function nameClaims(first: string | undefined, last: string | undefined): Record<string, string | undefined> {
  const name = [first, last].filter((part) => part !== undefined).join(' ');
  return { name: name === '' ? undefined : name, given_name: first, family_name: last };
}

/** Undefined also for an empty text, which other systems write for a value that is not there. */
function text(member: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new AccountError([`${member}: must be text`]);
  return value;
}

function flag(member: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new AccountError([`${member}: must be true or false`]);
  return value;
}

/** Epoch seconds of a time in ISO 8601. */
function timeIn(member: string, value: unknown): number | undefined {
  const seconds = secondsOf(text(member, value));
  if (seconds === undefined && text(member, value) !== undefined)
    throw new AccountError([`${member}: must be epoch seconds or a time such as 2026-11-28T12:00:00Z`]);
  return seconds;
}

/** @param time epoch milliseconds, or a time in ISO 8601 */
function secondsOf(time: unknown): number | undefined {
  if (typeof time !== 'number' && typeof time !== 'string') return undefined;
  const milliseconds = new Date(time).getTime();
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
