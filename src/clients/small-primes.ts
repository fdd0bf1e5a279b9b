/** The odd primes up to a limit, in order. */
export function oddPrimesUpTo(limit: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 3n; candidate <= limit; candidate += 2n) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}
