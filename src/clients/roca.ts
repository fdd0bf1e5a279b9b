import { oddPrimesUpTo } from './small-primes.ts';

/**
 * RSA moduli of the library in Infineon's chips (ROCA, CVE-2017-15361). Each of their primes is a power of 65537 modulo the product of
 * the first primes, so the private key can be computed from the modulus. The discrete logarithm of the modulus to the base 65537 is
 * their fingerprint: a random modulus has one with a probability below 2^-150. Source: Nemec, Sys, Svenda, Klinec and Matyas, "The
 * Return of Coppersmith's Attack", ACM CCS 2017. The product of the first 39 primes, which the smallest keys use, divides the products
 * that larger keys use.
 */

const GENERATOR = 65_537n;

const SUBGROUPS: readonly { prime: bigint; logarithms: ReadonlyMap<bigint, bigint> }[] = oddPrimesUpTo(
  167,
).map((prime) => ({ prime, logarithms: logarithmsModulo(prime) }));

export function isRocaModulus(modulus: bigint): boolean {
  // What is known of the exponent so far: its remainder by `order` (Chinese remainder theorem).
  let exponent = 0n;
  let order = 1n;
  for (const { prime, logarithms } of SUBGROUPS) {
    const logarithm = logarithms.get(modulus % prime);
    if (logarithm === undefined) return false;
    const size = BigInt(logarithms.size);
    const shared = greatestCommonDivisor(order, size);
    if ((exponent - logarithm) % shared !== 0n) return false;
    while (exponent % size !== logarithm) exponent += order;
    order = (order / shared) * size;
  }
  return true;
}

function logarithmsModulo(prime: bigint): Map<bigint, bigint> {
  const logarithms = new Map<bigint, bigint>();
  for (let power = 1n; !logarithms.has(power); power = (power * GENERATOR) % prime) {
    logarithms.set(power, BigInt(logarithms.size));
  }
  return logarithms;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
