import { createPublicKey } from 'node:crypto';
import { rsaKeyProblem } from '../../clients/rsa-key.ts';

/**
 * The public key of a new credential, as COSE (RFC 9053 §7, RFC 8230 §4), after it was decoded. The library reads it only when it verifies the
 * first signature: a key that is none would be a second factor that no one can use, and a weak one could be forged.
 */

/** By COSE algorithm: type, curve, and the labels of the coordinates, as the members of a JWK. */
const KEYS: ReadonlyMap<unknown, KeyShape> = new Map([
  [-7, { type: 2, curve: 1, jwk: { kty: 'EC', crv: 'P-256' }, coordinates: { x: -2, y: -3 } }],
  [-8, { type: 1, curve: 6, jwk: { kty: 'OKP', crv: 'Ed25519' }, coordinates: { x: -2 } }],
  [-257, { type: 3, curve: undefined, jwk: { kty: 'RSA' }, coordinates: { n: -1, e: -2 } }],
]);

interface KeyShape {
  readonly type: number;
  readonly curve: number | undefined;
  readonly jwk: Readonly<Record<string, string>>;
  readonly coordinates: Readonly<Record<string, number>>;
}

const [TYPE, ALGORITHM, CURVE] = [1, 3, -1];

/** @returns the problem, as a predicate without a subject; undefined for a key that can be used */
export function publicKeyProblem(key: ReadonlyMap<number, unknown>): string | undefined {
  const shape = KEYS.get(key.get(ALGORITHM));
  if (shape === undefined || key.get(TYPE) !== shape.type) return 'is not of the type of its algorithm';
  if (shape.curve !== undefined && key.get(CURVE) !== shape.curve)
    return 'has another curve than its algorithm';
  const coordinates = Object.entries(shape.coordinates).map(
    ([name, label]) => [name, key.get(label)] as const,
  );
  if (!coordinates.every((entry): entry is [string, Uint8Array] => entry[1] instanceof Uint8Array))
    return 'lacks a coordinate';
  const bytes = Object.fromEntries(coordinates.map(([name, value]) => [name, Buffer.from(value)]));
  const { n, e } = bytes;
  if (n !== undefined && e !== undefined) return rsaKeyProblem(n, e);
  const members = Object.entries(bytes).map(([name, value]) => [name, value.toString('base64url')]);
  try {
    createPublicKey({ key: { ...shape.jwk, ...Object.fromEntries(members) }, format: 'jwk' });
    return undefined;
  } catch {
    return 'is no point of its curve';
  }
}
