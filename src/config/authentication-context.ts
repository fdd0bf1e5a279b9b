/**
 * How a person has signed in: `acr` (OpenID Connect Core §2) and `amr` (RFC 8176). They are what was done, never what was asked for.
 *
 * | `acr`                         | a sign-in                                                                                  |
 * | ----------------------------- | ------------------------------------------------------------------------------------------ |
 * | `…:unspecified`               | with a link or code by mail, which is no authenticator (NIST SP 800-63B-4 §3.1.3.1)         |
 * | `…:PasswordProtectedTransport` | with a password over a protected connection (SAML 2.0 Authentication Context §3.4.5)       |
 * | `https://refeds.org/profile/mfa` | with a password and a second factor (REFEDS Multi-Factor Authentication Profile)         |
 * | `phr`                         | with a passkey, which phishing cannot get (OpenID Connect Extended Authentication Profile) |
 *
 * The values are those that applications and other servers know: Core asks for a URI or a name that is registered (RFC 6711).
 */
export const ACR = {
  email: 'urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified',
  password: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  mfa: 'https://refeds.org/profile/mfa',
  passkey: 'phr',
} as const;

export type Acr = (typeof ACR)[keyof typeof ACR];

/** Weakest first: each satisfies the requests for those before it. */
export const ACR_VALUES = [ACR.email, ACR.password, ACR.mfa, ACR.passkey] as const;

/** @returns false for values that no sign-in here reaches */
export function satisfies(acr: string | undefined, requested: string): boolean {
  const wanted = levelOf(requested);
  return wanted !== -1 && levelOf(acr) >= wanted;
}

/** -1: none of ours. */
function levelOf(acr: string | undefined): number {
  return ACR_VALUES.findIndex((value) => value === acr);
}

/** Whether one of the requested values is satisfied; without any, every sign-in is good enough. */
export function satisfiesOne(acr: string | undefined, requested: readonly string[]): boolean {
  return requested.length === 0 || requested.some((value) => satisfies(acr, value));
}

/** `off`: no one is asked for a second factor. `optional`: everybody who has one. `required`: everybody. */
export const MFA_MODES = ['off', 'optional', 'required'] as const;
export type MfaMode = (typeof MFA_MODES)[number];
