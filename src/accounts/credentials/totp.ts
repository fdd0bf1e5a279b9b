import { randomBytes, timingSafeEqual } from 'node:crypto';
import { HOTP, Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';
import type { TotpCode, TotpRecord } from '../../store/store.ts';

/**
 * Codes of authenticator apps (TOTP, RFC 6238): SHA-1, six digits, steps of 30 seconds, which every app understands, and a seed of 160 bits
 * (RFC 4226 §4); those of an imported app are as the other system has chosen. This file is loaded when a first account has to do with it.
 */

const SEED_BYTES = 20;
const CODE: TotpCode = { algorithm: 'SHA1', digits: 6, period: 30 };

/** Steps around the expected one that are accepted: for the time that typing takes, and a clock that is slightly off. */
const WINDOW = 1;

/** Steps around the current one that a first code may be off: the person has just read the seed, so there is nothing to guess. */
const ENROLMENT_WINDOW = 10;

const MAX_TYPED_LENGTH = 40;

export function createSeed(): Buffer {
  return randomBytes(SEED_BYTES);
}

/** What an app needs: the seed as text in groups of four, the address with all parameters, and a picture of it. */
export interface SeedPresentation {
  secret: string;
  uri: string;
  /** An SVG element, black on white with a quiet zone, which scanners need in a dark theme too. It has no script and no style. */
  qr: string;
}

/** @param issuer name of this service. @param account name of the account, both as the app lists them */
export function presentSeed(
  seed: Buffer,
  { issuer, account }: { issuer: string; account: string },
): SeedPresentation {
  const secret = secretOf(seed);
  // A colon separates issuer and account in the label.
  const label = { issuer: issuer.replaceAll(':', ' '), label: account.replaceAll(':', ' ') };
  const uri = new TOTP({ ...label, ...CODE, secret }).toString();
  return {
    secret: secret.base32.replaceAll(/.{4}(?=.)/g, '$& '),
    uri,
    qr: renderSVG(uri, { ecc: 'M', border: 4, pixelSize: 4 }),
  };
}

/**
 * The step of a code.
 * @param typed digits, with or without spaces
 * @param record no step up to its last one is accepted; its drift moves the window, which always contains the current step
 * @param now epoch seconds
 * @returns undefined for a wrong code and for one that was used
 */
export function matchCode(
  seed: Buffer,
  typed: string,
  { lastStep, drift, code }: Pick<TotpRecord, 'lastStep' | 'drift' | 'code'>,
  now: number,
): { step: number; drift: number } | undefined {
  const offsets = new Set([...around(0, WINDOW), ...around(drift, WINDOW)]);
  return match(seed, typed, offsets, { lastStep, now, code });
}

/** The step of a first code, also of a device whose clock is minutes off. */
export function matchFirstCode(
  seed: Buffer,
  typed: string,
  now: number,
): { step: number; drift: number } | undefined {
  return match(seed, typed, new Set(around(0, ENROLMENT_WINDOW)), { lastStep: 0, now });
}

/** The step of a time in epoch seconds. */
export function stepAt(now: number, { period }: TotpCode = CODE): number {
  return Math.floor(now / period);
}

/** Seconds by which the clock of a device is ahead, negative when it is behind; 0 for what the time of typing explains. */
export function clockError({ drift, code = CODE }: Pick<TotpRecord, 'drift' | 'code'>): number {
  return Math.abs(drift) <= WINDOW ? 0 : drift * code.period;
}

function match(
  seed: Buffer,
  typed: string,
  offsets: ReadonlySet<number>,
  { lastStep, now, code = CODE }: { lastStep: number; now: number; code?: TotpCode | undefined },
): { step: number; drift: number } | undefined {
  const digits =
    typed.length > MAX_TYPED_LENGTH ? '' : typed.normalize('NFKC').replaceAll(/[\s\p{Pd}]/gu, '');
  if (digits.length !== code.digits || !/^\d+$/.test(digits)) return undefined;
  const given = Buffer.from(digits);
  const secret = secretOf(seed);
  const current = stepAt(now, code);
  // All of them are compared, so that the time does not tell which one it was.
  const compared = [...offsets].map((offset) => {
    const counter = Math.max(0, current + offset);
    const expected = HOTP.generate({ secret, algorithm: code.algorithm, digits: code.digits, counter });
    const isRight = timingSafeEqual(Buffer.from(expected), given) && counter > lastStep;
    return isRight ? { step: counter, drift: offset } : undefined;
  });
  return compared.find((match) => match !== undefined);
}

function around(center: number, window: number): number[] {
  return Array.from({ length: 2 * window + 1 }, (_, index) => center - window + index);
}

function secretOf(seed: Buffer): Secret {
  // A copy: a small Buffer shares its memory with others.
  return new Secret({ buffer: Uint8Array.from(seed).buffer });
}
