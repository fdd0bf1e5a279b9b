import type { JobDraft } from './port/jobs.ts';
import type { Listing } from './port/listed.ts';
import { digestText } from './sealing.ts';

/** The stored form of a `Listing`. */
export interface StoredListing {
  facts: Readonly<Record<string, unknown>>;
  /** The base64url digest of the grant of each client. */
  grants: Readonly<Record<string, string>>;
  jobs?: readonly JobDraft[];
}

export function toStoredListing({ facts, grants = {}, jobs = [] }: Listing): StoredListing {
  const digests = Object.entries(grants).map(([clientId, grantId]) => [
    clientId,
    digestText('grant', 'Grant', grantId),
  ]);
  return { facts, grants: Object.fromEntries(digests), ...(jobs.length > 0 && { jobs }) };
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
  const own = ended.flatMap(grantsOf);
  if (!ended.includes(undefined)) return own;
  const kept = new Set(others.flatMap(grantsOf));
  return [...own, ...all().filter((grant) => !kept.has(grant))];
}

/** The grants of one client in the listings of an account's sessions. */
export function grantsOfClient(listings: readonly (StoredListing | undefined)[], clientId: string): string[] {
  return listings.flatMap((listing) =>
    Object.entries(listing?.grants ?? {}).flatMap(([id, grant]) => (id === clientId ? grant : [])),
  );
}

function grantsOf(listing: StoredListing | undefined): string[] {
  return Object.values(listing?.grants ?? {});
}
