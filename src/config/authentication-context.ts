/**
 * How a person has signed in: `acr` (OpenID Connect Core §2) and `amr` (RFC 8176). They are what was done, never what was asked for.
 *
 * The value for a password is that of SAML 2.0 (Authentication Context §3.4.5): a password over a protected connection. Applications and
 * other servers know it, and Core asks for a URI or a name that is registered (RFC 6711).
 */

export const PASSWORD = {
  acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  amr: ['pwd'],
} as const;

/** Every `acr` that a sign-in can reach. */
export const ACR_VALUES = [PASSWORD.acr] as const;
