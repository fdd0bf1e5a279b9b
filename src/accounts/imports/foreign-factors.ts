import type { TotpCode } from '../../store/store.ts';
import { isJsonObject } from '../../config/json-object.ts';
import { jsonObject, textOf } from './json-values.ts';

/**
 * Second factors as other systems export them. The seed of an authenticator app is imported. Keys and phones are not: a key signs for the
 * domain of the other system, and a phone is no factor here.
 */
export interface DescribedFactors {
  /** The first authenticator app; an account has one. */
  totp?: ImportedTotp | undefined;
  /** What the account has beside it, in words. */
  others: readonly string[];
}

export interface ImportedTotp {
  seed: Buffer;
  code: TotpCode;
}

export const NO_FACTORS: DescribedFactors = { others: [] };

export const USUAL_CODE: TotpCode = { algorithm: 'SHA1', digits: 6, period: 30 };

/** Of seeds: 80 bits, as early apps had, up to the block of SHA-512. Signet's own have 160 bits. */
const MIN_SEED_BYTES = 10;
const MAX_SEED_BYTES = 128;
const DIGITS: ReadonlySet<number> = new Set([6, 7, 8]);
const PERIODS: ReadonlySet<number> = new Set([30, 60]);

const KEYCLOAK_ALGORITHMS: ReadonlyMap<unknown, TotpCode['algorithm']> = new Map([
  ['HmacSHA1', 'SHA1'],
  ['HmacSHA256', 'SHA256'],
  ['HmacSHA512', 'SHA512'],
]);

/** Credentials of a realm export that are no second factor. */
const PASSWORD_TYPES: ReadonlySet<unknown> = new Set(['password', 'password-history']);

const KEYCLOAK_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['webauthn', 'security key'],
  ['webauthn-passwordless', 'passkey'],
  ['recovery-authn-codes', 'recovery codes'],
]);

/** @param credentials of a user in a realm export */
export function factorsFromKeycloak(credentials: readonly Record<string, unknown>[]): DescribedFactors {
  return factorsOf(
    credentials
      .filter(({ type }) => !PASSWORD_TYPES.has(type))
      .map((credential) =>
        credential.type === 'otp'
          ? totpFromKeycloak(credential)
          : (KEYCLOAK_WORDS.get(credential.type) ?? 'credential of an unknown type'),
      ),
  );
}

function totpFromKeycloak({ secretData, credentialData }: Record<string, unknown>): ImportedTotp | string {
  const data = jsonObject(credentialData);
  const value = textOf(jsonObject(secretData)?.value);
  if (data === undefined || value === '') return 'authenticator app without a secret';
  const { subType = 'totp', secretEncoding, algorithm, ...numbers } = data;
  if (subType !== 'totp') return 'app whose codes are counted';
  // Keycloak takes the letters of the secret as bytes, unless it says that they are Base32.
  const isText = secretEncoding === undefined || secretEncoding === null;
  const digits = Number(numbers.digits ?? USUAL_CODE.digits);
  const period = Number(numbers.period ?? USUAL_CODE.period);
  const known = KEYCLOAK_ALGORITHMS.get(algorithm ?? 'HmacSHA1');
  if (known === undefined || !DIGITS.has(digits) || !PERIODS.has(period))
    return 'authenticator app with unusual codes';
  return totpOf(isText ? Buffer.from(value) : seedFromBase32(value), { algorithm: known, digits, period });
}

/** `mfa_factors` of Auth0's format for imports. */
export function factorsFromAuth0(factors: readonly Record<string, unknown>[]): DescribedFactors {
  return factorsOf(
    factors.flatMap((factor) =>
      Object.entries(factor).map(([name, value]) =>
        name === 'totp' && isJsonObject(value) ? totpFromSecret(textOf(value.secret)) : name,
      ),
    ),
  );
}

/**
 * @param secret in Base32, as an app asks for it
 * @param named the kinds that an export of Signet names
 */
export function factorsFromSignet(secret: string | undefined, named: unknown): DescribedFactors {
  const names = [named ?? []].flat().map((name) => textOf(name) || 'second factor of an unknown kind');
  return factorsOf([...(secret === undefined ? [] : [totpFromSecret(secret)]), ...names]);
}

function totpFromSecret(secret: string): ImportedTotp | string {
  return totpOf(seedFromBase32(secret), USUAL_CODE);
}

function totpOf(seed: Buffer | undefined, code: TotpCode): ImportedTotp | string {
  if (seed === undefined) return 'authenticator app whose secret is not Base32';
  if (seed.length < MIN_SEED_BYTES || seed.length > MAX_SEED_BYTES)
    return `authenticator app whose secret has ${seed.length} bytes instead of ${MIN_SEED_BYTES} to ${MAX_SEED_BYTES}`;
  return { seed, code };
}

/** @param all texts are what cannot be imported */
function factorsOf(all: readonly (ImportedTotp | string)[]): DescribedFactors {
  const [totp, ...further] = all.filter((factor) => typeof factor !== 'string');
  const others = all.filter((factor) => typeof factor === 'string');
  return { totp, others: [...others, ...further.map(() => 'further authenticator app')] };
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const MAX_SECRET_LENGTH = 1000;

/** RFC 4648 §6, also in lower case, in groups and without padding. @returns undefined for another text */
function seedFromBase32(text: string): Buffer | undefined {
  const letters = text
    .slice(0, MAX_SECRET_LENGTH)
    .toUpperCase()
    .replaceAll(/[\s=-]/g, '');
  if (!/^[A-Z2-7]+$/.test(letters)) return undefined;
  const bits = Array.from(letters, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/\d{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
