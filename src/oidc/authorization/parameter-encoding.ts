import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { compactDecrypt, CompactEncrypt, CompactSign, compactVerify } from 'jose';

/** The encoding of the parameters of an authorization request in a cookie: compressed JSON in a JWE (RFC 7516) or JWS (RFC 7515). */
export type Parameters = Record<string, unknown>;

/** Bytes; more than any cookie inflates to. */
const MAX_INFLATED_BYTES = 64 * 1024;

/** Encrypts, for parameters that the browser must not read. */
export async function sealParameters(params: Parameters, key: Uint8Array): Promise<string> {
  return await new CompactEncrypt(deflateRawSync(JSON.stringify(params)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key);
}

/** Signs, for parameters that the browser may read. */
export async function signParameters(params: Parameters, key: Uint8Array): Promise<string> {
  return await new CompactSign(deflateRawSync(JSON.stringify(params)))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(key);
}

/**
 * Decrypts or verifies a value.
 * @returns undefined for another key, or a value that is not from this server
 */
export async function openParameters(value: string, key: Uint8Array): Promise<Parameters | undefined> {
  try {
    const isSealed = value.split('.').length === 5;
    return inflate(isSealed ? await decrypt(value, key) : await verify(value, key)) as Parameters;
  } catch {
    return undefined;
  }
}

/** The parameters of a signed value, without a check of the signature: untrusted input. */
export function readUnverifiedParameters(value: string): Parameters | undefined {
  const [, payload = '', signature, ...others] = value.split('.');
  if (signature === undefined || others.length > 0) return undefined;
  try {
    const params: unknown = inflate(Buffer.from(payload, 'base64url'));
    return typeof params === 'object' && params !== null ? (params as Parameters) : undefined;
  } catch {
    return undefined;
  }
}

async function decrypt(value: string, key: Uint8Array): Promise<Uint8Array> {
  const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
  return (await compactDecrypt(value, key, options)).plaintext;
}

async function verify(value: string, key: Uint8Array): Promise<Uint8Array> {
  return (await compactVerify(value, key, { algorithms: ['HS256'] })).payload;
}

function inflate(deflated: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(deflated, { maxOutputLength: MAX_INFLATED_BYTES }).toString());
}
