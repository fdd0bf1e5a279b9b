import type { Listing } from './port/listed.ts';
import { digest } from './sealing.ts';

/** The stored form of a `Listing`: grants are base64url digests. */
export interface StoredListing {
  facts: Readonly<Record<string, unknown>>;
  grants: string[];
}

export function toStoredListing({ facts, grantIds = [] }: Listing): StoredListing {
  return {
    facts,
    grants: grantIds.map((grantId) => digest('grant', 'Grant', grantId).toString('base64url')),
  };
}

/**
 * The grants that end with a session.
 * @param ended listings of its records; undefined for a record without one
 * @param others listings of the other sessions of the account
 * @param all grants of the account
 */
export function grantsOfEnded(
  ended: readonly (StoredListing | undefined)[],
  others: readonly (StoredListing | undefined)[],
  all: () => readonly string[],
): string[] {
  const own = ended.flatMap((listing) => listing?.grants ?? []);
  if (!ended.includes(undefined)) return own;
  const kept = new Set(others.flatMap((listing) => listing?.grants ?? []));
  return [...own, ...all().filter((grant) => !kept.has(grant))];
}
