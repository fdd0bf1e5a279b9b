import type { RelyingParty } from '../../config/relying-party.ts';
import type { PasskeyRecord } from '../../store/store.ts';
import { publicKeyProblem } from './passkey-public-key.ts';
import type { ParsedAuthentication, ParsedRegistration } from './passkey-response.ts';

/**
 * The checks of Web Authentication Level 3 §7.1 and §7.2 that need no store, by `@simplewebauthn/server`, which is loaded with the first
 * response: it would take a tenth of a second of every start.
 */

/** COSE algorithms of new keys: EdDSA, ES256, RS256. */
export const KEY_ALGORITHMS = [-8, -7, -257] as const;

/** Why a response is refused, for the log. */
export class PasskeyError extends Error {
  override readonly name = 'PasskeyError';
}

export interface NewCredential {
  readonly id: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly isBackedUp: boolean;
}

/**
 * Verifies the answer to a request for a new key. The challenge was checked before.
 * @throws PasskeyError
 */
export async function verifyNewKey(
  response: ParsedRegistration,
  { rpId, origin }: RelyingParty,
  { mustVerifyUser }: { mustVerifyUser: boolean },
): Promise<NewCredential> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  await requireNoCertificate(response.response.attestationObject);
  const { verified, registrationInfo } = await refusing(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: response.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: mustVerifyUser,
      supportedAlgorithmIDs: [...KEY_ALGORITHMS],
    }),
  );
  if (!verified || response.crossOrigin) throw new PasskeyError('the attestation is not right');
  const { credential, credentialBackedUp } = registrationInfo;
  // The outer id is not signed.
  if (credential.id !== response.id) throw new PasskeyError('the response is for another credential');
  await requireUsableKey(credential.publicKey);
  return {
    id: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    isBackedUp: credentialBackedUp,
  };
}

/**
 * Of an attestation, nothing is asked and nothing believed (§5.4.7, `none`). A browser leaves out the certificate then; one that comes
 * nevertheless is not looked at, because the library would fetch the revocation lists that it names, from any address.
 */
async function requireNoCertificate(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const format = await refusing(async () => {
    const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
    const format = decoded.get('fmt');
    return format === 'packed' && decoded.get('attStmt').get('x5c') === undefined ? 'none' : format;
  });
  if (format !== 'none') throw new PasskeyError(`the attestation is ${format} instead of none`);
}

async function requireUsableKey(publicKey: Uint8Array<ArrayBuffer>): Promise<void> {
  const { decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers');
  const decode = async () => decodeCredentialPublicKey(publicKey) as unknown as ReadonlyMap<number, unknown>;
  const problem = publicKeyProblem(await refusing(decode));
  if (problem !== undefined) throw new PasskeyError(`the public key ${problem}`);
}

export interface UsedKey {
  readonly counter: number;
  readonly isBackedUp: boolean;
}

/**
 * Verifies the answer to a request for a signature. Challenge and counter are checked by the caller.
 * @throws PasskeyError
 */
export async function verifySignature(
  response: ParsedAuthentication,
  passkey: Pick<PasskeyRecord, 'publicKey'>,
  { rpId, origin }: RelyingParty,
  { mustVerifyUser }: { mustVerifyUser: boolean },
): Promise<UsedKey> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { verified, authenticationInfo } = await refusing(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: response.challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: mustVerifyUser,
      // The counter is compared in the step that writes it.
      credential: {
        id: response.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: 0,
      },
    }),
  );
  if (!verified || response.crossOrigin) throw new PasskeyError('the signature is not right');
  const { newCounter: counter, credentialBackedUp: isBackedUp } = authenticationInfo;
  return { counter, isBackedUp };
}

/** Errors of the library are errors of the response: it is given nothing else. */
async function refusing<Result>(check: () => Promise<Result>): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    throw new PasskeyError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
