import { compactDecrypt, decodeProtectedHeader } from 'jose';
import { errors } from 'oidc-provider';
import {
  CONTENT_ENCRYPTION,
  KEY_MANAGEMENT,
  type KeyManagement,
} from '../../config/encryption-algorithms.ts';
import type { DecryptionKeys } from '../../signing/decryption/decryption-keys.ts';
import { quoted } from '../engine/quoted.ts';

/**
 * Encrypted request objects (RFC 9101 §6.1): a signed object in a JWE. They are decrypted in front of the engine, which has no private key.
 * Everyone can encrypt to a public key, so that it is the signature inside which says whose object it is.
 */

/** What the header of a JWE may not have: compression (RFC 8725 §3.6), extensions, parameters of other algorithms. */
const REJECTED_HEADERS = ['zip', 'crit', 'b64', 'p2c', 'p2s'];

export function requestObjectDecrypter(keys: Pick<DecryptionKeys, 'find'>): (jwe: string) => Promise<string> {
  return async (jwe) => {
    const { alg, kid } = checkedHeader(jwe);
    for (const key of await keys.find(alg, kid)) {
      const plaintext = await decrypt(jwe, key);
      if (plaintext !== undefined) return plaintext;
    }
    throw cannotDecrypt(
      kid === undefined
        ? `no key for ${alg} decrypts it`
        : `no key has kid ${quoted(kid)}, or it does not decrypt`,
    );
  };
}

function checkedHeader(jwe: string): { alg: KeyManagement; kid: string | undefined } {
  let header: Record<string, unknown>;
  try {
    header = decodeProtectedHeader(jwe);
  } catch {
    throw cannotDecrypt('its header is not JSON');
  }
  const rejected = REJECTED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (rejected !== undefined) throw cannotDecrypt(`its header has "${rejected}"`);
  const alg = KEY_MANAGEMENT.find((each) => each === header.alg);
  if (alg === undefined)
    throw cannotDecrypt(`alg is ${quoted(header.alg)}; it must be ${KEY_MANAGEMENT.join(' or ')}`);
  if (!CONTENT_ENCRYPTION.some((enc) => enc === header.enc))
    throw cannotDecrypt(`enc is ${quoted(header.enc)}; it must be ${CONTENT_ENCRYPTION.join(' or ')}`);
  return { alg, kid: typeof header.kid === 'string' ? header.kid : undefined };
}

async function decrypt(jwe: string, key: Parameters<typeof compactDecrypt>[1]): Promise<string | undefined> {
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [...KEY_MANAGEMENT],
      contentEncryptionAlgorithms: [...CONTENT_ENCRYPTION],
      maxDecompressedLength: 0,
    });
    return Buffer.from(plaintext).toString();
  } catch {
    return undefined;
  }
}

/** One description for every reason: nothing tells a stranger about keys and padding. */
function cannotDecrypt(detail: string): Error {
  return new errors.InvalidRequestObject('could not decrypt request object', { detail });
}
