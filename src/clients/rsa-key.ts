import { checkPrimeSync } from 'node:crypto';
import { isRocaModulus } from './roca.ts';
import { oddPrimesUpTo } from './small-primes.ts';

/** Whether an RSA public key keeps its private key: partial validation (NIST SP 800-89 §5.3.3), and moduli that are known to be factored. */

const MINIMUM_BITS = 2048;
/** A verification takes time with the square of it. */
const MAXIMUM_BITS = 8192;

const MINIMUM_EXPONENT = 65_537n;
/** OpenSSL takes none above for large moduli. */
const MAXIMUM_EXPONENT = 2n ** 64n;

/** SP 800-89 §5.3.3: the modulus has no factor below 752. */
const SMALL_PRIMES = oddPrimesUpTo(751);

/** OpenSSL tries a prime 64 times, and a larger one 128 times: for one of 8192 bits, half a minute in which a server answers nothing. */
const MOST_BITS_FOR_OPENSSL = 2048;

/** Rounds of Fermat's method, which finds primes that were chosen next to each other (CVE-2022-26320). */
const FERMAT_ROUNDS = 100;

/** Most numbers are no squares, which these four tell faster than a root does. */
const SQUARES_MODULO_16: ReadonlySet<bigint> = new Set([0n, 1n, 4n, 9n]);

/**
 * @param modulus n, big-endian
 * @param exponent e, big-endian
 * @returns what is wrong with the key, without a subject
 */
export function rsaKeyProblem(modulus: Buffer, exponent: Buffer): string | undefined {
  const bits = bitLength(modulus);
  if (bits < MINIMUM_BITS) return `is an RSA key of ${bits} bits; at least ${MINIMUM_BITS} are needed`;
  if (bits > MAXIMUM_BITS) return `is an RSA key of ${bits} bits; at most ${MAXIMUM_BITS} are accepted`;
  const [n, e] = [toInteger(modulus), toInteger(exponent)];
  if (e < MINIMUM_EXPONENT || e >= MAXIMUM_EXPONENT || e % 2n === 0n) {
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
  const isPrime = bits > MOST_BITS_FOR_OPENSSL ? passesFermatTest(n) : checkPrimeSync(n);
  return isPrime ? 'is a prime' : undefined;
}

/** 2^(n-1) = 1 modulo n: of products of two random primes, none that anybody will ever meet. */
function passesFermatTest(n: bigint): boolean {
  let power = 1n;
  for (const bit of (n - 1n).toString(2)) {
    power = (power * power) % n;
    if (bit === '1') power = (power << 1n) % n;
  }
  return power === 1n;
}

/** A product of two numbers is the difference of two squares; of close ones, the larger square is just above the product. */
function hasCloseFactors(n: bigint): boolean {
  let root = squareRoot(n);
  for (let round = 0; round < FERMAT_ROUNDS; round += 1, root += 1n) {
    const square = root * root - n;
    if (square >= 0n && SQUARES_MODULO_16.has(square & 15n) && squareRoot(square) ** 2n === square)
      return true;
  }
  return false;
}

/** Rounded down (Newton). */
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
