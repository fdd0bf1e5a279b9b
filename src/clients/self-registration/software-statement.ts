import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { Clock } from '../../clock.ts';
import type { RegistrationConfig } from '../../config/schema-registration.ts';
import { ASSERTION_ALGORITHMS } from '../authentication-methods.ts';
import { RegistrationError } from './errors.ts';

/** Software statements: metadata of a client in a JWT of an issuer that the operator trusts (RFC 7591 §2.3). */

/** Claims about the statement itself. */
const OF_THE_JWT: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']);

export interface SoftwareStatement {
  issuer: string;
  jwt: string;
  /** Takes precedence over what the client sends. */
  metadata: Record<string, unknown>;
}

/**
 * @param jwt the member `software_statement`; ignored where no issuer is trusted
 * @throws RegistrationError `invalid_software_statement`, or `unapproved_software_statement` for another issuer
 */
export async function verifyStatement(
  jwt: unknown,
  issuers: RegistrationConfig['softwareStatements'],
  clock: Clock,
): Promise<SoftwareStatement | undefined> {
  if (jwt === undefined || issuers.length === 0) return undefined;
  if (typeof jwt !== 'string') throw invalid('must be text');
  const claimed = issuerOf(jwt);
  const trusted = issuers.find(({ issuer }) => issuer === claimed);
  if (trusted === undefined) {
    throw new RegistrationError(
      'unapproved_software_statement',
      'software_statement: its issuer is not trusted',
    );
  }
  const { issuer, jwks } = trusted;
  try {
    const keys = createLocalJWKSet(jwks);
    const { payload } = await jwtVerify(jwt, keys, {
      issuer,
      // Asymmetric: the keys are public.
      algorithms: [...ASSERTION_ALGORITHMS],
      currentDate: new Date(clock()),
    });
    return { issuer, jwt, metadata: metadataOf(payload) };
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalid('its signature or its times are not valid');
    throw error;
  }
}

function issuerOf(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt).iss;
  } catch {
    throw invalid('is no JWT');
  }
}

function invalid(problem: string): RegistrationError {
  return new RegistrationError('invalid_software_statement', `software_statement: ${problem}`);
}

/** The statement of a registered client, which was verified then. It applies to every change of the client. */
export function storedStatement(
  stored: { issuer: string; jwt: string } | undefined,
): SoftwareStatement | undefined {
  return stored && { ...stored, metadata: metadataOf(decodeJwt(stored.jwt)) };
}

function metadataOf(payload: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !OF_THE_JWT.has(name)));
}
