/**
 * Validation of Ed25519 public keys: the key must be a point on the curve (RFC 8032 §5.1.3) and not one of the eight points of small
 * order, for which signatures can be forged without a private key. OpenSSL checks neither when it imports a key.
 */

const P = 2n ** 255n - 19n;
/** -121665/121666, RFC 8032 §5.1. */
const D = modulo(-121_665n * power(121_666n, P - 2n));

/** @param bytes the encoded point, RFC 8032 §5.1.2 */
export function isEd25519PublicKey(bytes: Buffer): boolean {
  if (bytes.length !== 32) return false;
  const encoded = BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`);
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P) return false;
  const ySquared = modulo(y * y);
  // Points of order 1 or 2 have y = ±1, of order 4 y = 0, and of order 8 d·y⁴ + 2·y² − 1 = 0 (doubling gives y = 0).
  const ofOrderEight = modulo(D * ySquared * ySquared + 2n * ySquared - 1n) === 0n;
  if (y === 0n || ySquared === 1n || ofOrderEight) return false;
  // x² = (y² − 1) / (d·y² + 1) must be a square. A quotient is a square if and only if the product is (Euler's criterion).
  return power(modulo((ySquared - 1n) * (D * ySquared + 1n)), (P - 1n) / 2n) === 1n;
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n, square = modulo(square * square)) {
    if (rest % 2n === 1n) result = modulo(result * square);
  }
  return result;
}
