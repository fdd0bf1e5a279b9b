/**
 * Whether 32 bytes are an Ed25519 public key that identifies a signer: a point of the curve (RFC 8032 §5.1.3), and none of the eight of
 * small order, for which a signature can be made without a private key. OpenSSL checks neither when it reads a key.
 */

const P = 2n ** 255n - 19n;
/** -121665/121666, RFC 8032 §5.1. */
const D = modulo(-121_665n * power(121_666n, P - 2n));

export function isEd25519PublicKey(bytes: Buffer): boolean {
  if (bytes.length !== 32) return false;
  const encoded = BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`);
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P) return false;
  const ySquared = modulo(y * y);
  // Twice and four times a point of order 2, 4 or 8 has y = ±1 or 0: y = ±1, y = 0, or d·y⁴ + 2·y² − 1 = 0.
  const ofOrderEight = modulo(D * ySquared * ySquared + 2n * ySquared - 1n) === 0n;
  if (y === 0n || ySquared === 1n || ofOrderEight) return false;
  // x² = (y² − 1) / (d·y² + 1) has a root where that is a square; a product is one where the quotient is (Euler's criterion).
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
