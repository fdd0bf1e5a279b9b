import { ACR, type Acr } from '../../config/authentication-context.ts';
import type { RelyingParty } from '../../config/relying-party.ts';
import type { Account } from '../accounts.ts';

/**
 * The methods of a sign-in, what each says about the person (`amr`, RFC 8176 §2), and what several of them together reach (`acr`). A first
 * method says who signs in; a second factor is asked of the account that the first one has named.
 *
 * A mail proves access to a mailbox, which is no authenticator: with a second factor it stays at the lowest `acr`.
 */

export type FirstMethodId = 'password' | 'passkey' | 'email';
export const SECOND_FACTORS = ['totp', 'security_key', 'recovery_code'] as const;
export type SecondFactorId = (typeof SECOND_FACTORS)[number];
export type MethodId = FirstMethodId | SecondFactorId;

/** A method that the person has passed. */
export interface DoneMethod {
  readonly method: MethodId;
  readonly amr: readonly string[];
}

/** What a method says without knowing more; a security key may say more about itself. */
export const METHOD_AMR: Readonly<Record<MethodId, readonly string[]>> = {
  password: ['pwd'],
  passkey: ['swk', 'user', 'mfa'],
  email: ['email'],
  totp: ['otp'],
  security_key: ['hwk', 'user'],
  // A look-up secret, each code of which is used once.
  recovery_code: ['otp'],
};

export function isSecondFactor(method: string): method is SecondFactorId {
  return SECOND_FACTORS.some((id) => id === method);
}

/** What methods reach together. @param done the first method first */
export function authenticationOf(done: readonly DoneMethod[]): { acr: Acr; amr: string[] } {
  const [first] = done;
  const hasSecondFactor = done.some(({ method }) => isSecondFactor(method));
  const amr = done.flatMap((each) => each.amr);
  switch (first?.method) {
    case 'passkey':
      return { acr: ACR.passkey, amr: unique(amr) };
    case 'password':
      return hasSecondFactor
        ? { acr: ACR.mfa, amr: unique([...amr, 'mfa']) }
        : { acr: ACR.password, amr: unique(amr) };
    default:
      return { acr: ACR.email, amr: unique(amr) };
  }
}

/**
 * What a session reaches with a second factor that was proven in it, beside the sign-in: one that the person has just enrolled.
 * @param factor its `amr`
 * @returns undefined where the session reaches no more with it
 */
export function withSecondFactor(
  { acr, amr }: { acr: string | undefined; amr: readonly string[] },
  factor: readonly string[],
): { acr: Acr; amr: string[] } | undefined {
  if (acr !== ACR.password) return undefined;
  return { acr: ACR.mfa, amr: unique([...amr, ...factor, 'mfa']) };
}

/** In the order of the methods, `mfa` last. */
function unique(amr: readonly string[]): string[] {
  const values = [...new Set(amr)];
  return values.includes('mfa') ? [...values.filter((value) => value !== 'mfa'), 'mfa'] : values;
}

/** The second factors that an account has. */
export function enrolledFactors({ details }: Pick<Account, 'details'>): SecondFactorId[] {
  const { totp, passkeys = {}, recoveryCodes } = details?.factors ?? {};
  return [
    ...(totp === undefined ? [] : (['totp'] as const)),
    ...(Object.keys(passkeys).length === 0 ? [] : (['security_key'] as const)),
    ...((recoveryCodes?.digests.length ?? 0) === 0 ? [] : (['recovery_code'] as const)),
  ];
}

/** Whether an account can sign in with a passkey alone. */
function hasPasskey({ details }: Pick<Account, 'details'>): boolean {
  return Object.values(details?.factors?.passkeys ?? {}).some(({ isPasskey }) => isPasskey);
}

/**
 * What an account can be asked for. Keys of another domain stay stored, and no browser offers them here.
 * @param party undefined where passkeys are off
 * @returns `since`: when the oldest of them was added, in epoch seconds; infinite without any. `authenticatorSince`: the same of app and
 *   keys, for which a device is remembered
 */
export function usableFactors(
  account: Pick<Account, 'details'>,
  party: Pick<RelyingParty, 'rpId'> | undefined,
): { enrolled: SecondFactorId[]; hasPasskey: boolean; since: number; authenticatorSince: number } {
  const factors = account.details?.factors ?? {};
  const passkeys = Object.fromEntries(
    Object.entries(factors.passkeys ?? {}).filter(([, { rpId }]) => rpId === party?.rpId),
  );
  const usable = { details: { ...account.details, factors: { ...factors, passkeys } } };
  const authenticatorSince = oldestOf([factors.totp, ...Object.values(passkeys)]);
  const since = Math.min(authenticatorSince, oldestOf([factors.recoveryCodes]));
  return { enrolled: enrolledFactors(usable), hasPasskey: hasPasskey(usable), since, authenticatorSince };
}

function oldestOf(factors: readonly ({ readonly createdAt: number } | undefined)[]): number {
  return Math.min(...factors.map((factor) => factor?.createdAt ?? Number.POSITIVE_INFINITY));
}
