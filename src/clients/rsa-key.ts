import { checkPrimeSync } from 'node:crypto';
import { isRocaModulus } from './roca.ts';
import { oddPrimesUpTo } from './small-primes.ts';

/** Validation of RSA public keys: partial validation (NIST SP 800-89 §5.3.3), and detection of moduli that can be factored. */

const MIN_BITS = 2048;
/** The time of a verification grows with the square of the size. */
const MAX_BITS = 8192;

const MIN_EXPONENT = 65_537n;
/** OpenSSL rejects larger exponents with large moduli. */
const MAX_EXPONENT = 2n ** 64n;

/** NIST SP 800-89 §5.3.3: the modulus must have no factor below 752. */
const SMALL_PRIMES = oddPrimesUpTo(751);

/**
 * OpenSSL's primality test runs 64 rounds, and 128 for larger numbers: for a prime of 8192 bits it blocks the server for half a
 * minute.
 */
const MAX_OPENSSL_TEST_BITS = 2048;

/** Rounds of Fermat's factorization, which finds primes that are close to each other (CVE-2022-26320). */
const FERMAT_ROUNDS = 100;

/** Every square has one of these remainders; checking them is faster than computing a root. */
const SQUARES_MODULO_16: ReadonlySet<bigint> = new Set([0n, 1n, 4n, 9n]);

/**
 * @param modulus n, big-endian
 * @param exponent e, big-endian
 * @returns the problem, as a predicate without a subject; undefined for a valid key
 */
export function rsaKeyProblem(modulus: Buffer, exponent: Buffer): string | undefined {
  const bits = bitLength(modulus);
  if (bits < MIN_BITS) return `is an RSA key of ${bits} bits; at least ${MIN_BITS} are needed`;
  if (bits > MAX_BITS) return `is an RSA key of ${bits} bits; at most ${MAX_BITS} are accepted`;
  const [n, e] = [toInteger(modulus), toInteger(exponent)];
  if (e < MIN_EXPONENT || e >= MAX_EXPONENT || e % 2n === 0n) {
    return 'has an RSA exponent (e) that is not an odd number from 65537 to 2^64';
  }
  const weakness = modulusWeakness(n, bits);
  return weakness && `has an RSA modulus (n) that ${weakness}; make another key`;
}

function modulusWeakness(n: bigint, bits: number): string | undefined {
  if (n % 2n === 0n) return 'is even';
  const factor = SMALL_PRIMES.find((prime) => n % prime === 0n);
  if (factor !== undefined) return `is divisible by ${factor}`;
  if (isRocaModulus(n)) return 'a chip made whose keys can be computed (ROCA, CVE-2017-15361)';
  if (hasCloseFactors(n)) return 'is the product of two primes next to each other (CVE-2022-26320)';
  const isPrime = bits > MAX_OPENSSL_TEST_BITS ? passesFermatTest(n) : checkPrimeSync(n);
  return isPrime ? 'is a prime' : undefined;
}

/** 2^(n-1) = 1 modulo n. The probability that a product of two random primes passes is negligible. */
function passesFermatTest(n: bigint): boolean {
  let power = 1n;
  for (const bit of (n - 1n).toString(2)) {
    power = (power * power) % n;
    if (bit === '1') power = (power << 1n) % n;
  }
  return power === 1n;
}

/** Fermat's factorization: n = a² − b². For close factors, a is just above √n. */
function hasCloseFactors(n: bigint): boolean {
  let root = squareRoot(n);
  for (let round = 0; round < FERMAT_ROUNDS; round += 1, root += 1n) {
    const square = root * root - n;
    if (square >= 0n && SQUARES_MODULO_16.has(square & 15n) && squareRoot(square) ** 2n === square)
      return true;
  }
  return false;
}

/** Integer square root, rounded down (Newton's method). */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(16).length / 2) * 4);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function bitLength(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24);
}

function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}
