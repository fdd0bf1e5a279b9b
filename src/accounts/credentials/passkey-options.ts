import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { RelyingParty } from '../../config/relying-party.ts';
import type { Account } from '../accounts.ts';
import { KEY_ALGORITHMS } from './passkey-verification.ts';

/** What a page asks a browser for, in the JSON that browsers read by themselves (Web Authentication Level 3 §5.1.8, §5.1.9). */

/**
 * `passkey`: signs in alone, so it is discoverable and verifies its user. `security_key`: a second factor beside a password, which proves
 * that its owner touches it.
 */
export type KeyKind = 'passkey' | 'security_key';

/** Whose key it is to be: an account, also one that is about to be made. */
export type KeyOwner = Pick<Account, 'id' | 'username' | 'claims' | 'details'>;

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;

/** Milliseconds that a browser waits for its user (§15.1: 300 to 600 seconds). */
const TIMEOUT_MS = 300_000;

export function creationOptions(
  account: KeyOwner,
  kind: KeyKind,
  { rpId, name }: RelyingParty,
  challenge: string,
): CreationOptions {
  const isPasskey = kind === 'passkey';
  const { name: displayName } = account.claims;
  return {
    rp: { id: rpId, name },
    user: {
      // A passkey names its account by it, in the clear: no name and no address (§14.6.1).
      id: Buffer.from(account.id).toString('base64url'),
      name: account.username,
      displayName: typeof displayName === 'string' ? displayName : account.username,
    },
    challenge,
    pubKeyCredParams: KEY_ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
    timeout: TIMEOUT_MS,
    excludeCredentials: descriptorsOf(account),
    authenticatorSelection: {
      residentKey: isPasskey ? 'required' : 'discouraged',
      requireResidentKey: isPasskey,
      userVerification: isPasskey ? 'required' : 'discouraged',
    },
    attestation: 'none',
  };
}

/** For a sign-in with a passkey alone: the browser offers those that it has for this server. */
export function signInOptions({ rpId }: RelyingParty, challenge: string): RequestOptions {
  return { challenge, rpId, timeout: TIMEOUT_MS, userVerification: 'required' };
}

/** For a second factor: the password was right, so that the keys of the account may be named. */
export function secondFactorOptions(
  account: Account,
  { rpId }: RelyingParty,
  challenge: string,
): RequestOptions {
  return {
    challenge,
    rpId,
    timeout: TIMEOUT_MS,
    allowCredentials: descriptorsOf(account, rpId),
    userVerification: 'discouraged',
  };
}

function descriptorsOf(
  { details }: Pick<Account, 'details'>,
  rpId?: string,
): RequestOptions['allowCredentials'] & {} {
  return Object.entries(details?.factors?.passkeys ?? {})
    .filter(([, passkey]) => rpId === undefined || passkey.rpId === rpId)
    .map(([id, { transports }]) => ({
      id,
      type: 'public-key',
      // As the browser has named them: a newer one knows more than the types of the library.
      transports: [...(transports ?? [])] as never[],
    }));
}
