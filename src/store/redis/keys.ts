import type { ArtifactKind } from '../store.ts';
import { digestText } from '../sealing.ts';

/**
 * Names of keys. The part in braces (hash tag) decides the slot in a cluster; `redis-store.ts` explains the layout.
 *
 * These names are the format of existing deployments, so they stay even where the code has another word: `era` is an epoch.
 */

const ACCOUNTS = '{accounts}';
const CLIENTS = '{clients}';

/** Keys of artifacts and replay ids, for callers that know the digest instead of the id. */
export const keysByDigest = {
  artifact: (kind: ArtifactKind, digest: string) => `signet:artifact:${kind}:{${digest}}`,
  consumed: (kind: ArtifactKind, digest: string) => `signet:consumed:${kind}:{${digest}}`,
  answer: (kind: ArtifactKind, digest: string) => `signet:answer:${kind}:{${digest}}`,
  once: (kind: ArtifactKind, digest: string) => `signet:once:${kind}:{${digest}}`,
} as const;

export const keys = {
  artifact: (kind: ArtifactKind, id: string) => keysByDigest.artifact(kind, idDigest(kind, id)),
  consumed: (kind: ArtifactKind, id: string) => keysByDigest.consumed(kind, idDigest(kind, id)),
  answer: (kind: ArtifactKind, id: string) => keysByDigest.answer(kind, idDigest(kind, id)),
  once: (kind: ArtifactKind, id: string) => keysByDigest.once(kind, digestText('once', kind, id)),
  alias: (aliasDigest: string) => `signet:alias:{${aliasDigest}}`,
  grantEpoch: (grantDigest: string) => `signet:era:grant:{${grantDigest}}`,
  accountEpoch: (accountDigest: string) => `signet:era:account:{${accountDigest}}`,
  /** Digests of an account's grants, by expiry. */
  accountGrants: (accountDigest: string) => `signet:grants:{${accountDigest}}`,
  /** Digests of the ids of an account's sessions, by expiry; ended sessions may still be among them. */
  accountSessions: (accountDigest: string) => `signet:sessions:{${accountDigest}}`,
  /** Digests of the ids of an account's consents, by expiry. Versions before 0.2 do not maintain it. */
  accountConsents: (accountDigest: string) => `signet:consents:{${accountDigest}}`,
  account: (id: string) => `signet:account:${ACCOUNTS}:${id}`,
  usernames: `signet:usernames:${ACCOUNTS}`,
  /** Digests of email addresses, with the ids of their accounts. */
  emails: `signet:emails:${ACCOUNTS}`,
  /** Exists once every account is in `emails`. */
  emailsComplete: `signet:emails-complete:${ACCOUNTS}`,
  /** What searches find: `account-index.ts`. */
  accountIndex: `signet:account-index:${ACCOUNTS}`,
  /** Whether the index is complete, and what completes it: `account-index-pass.ts`. */
  accountIndexState: `signet:account-index-state:${ACCOUNTS}`,
  /** Jobs of changes of accounts, by id, on their way to the outbox: `jobs.ts`. */
  accountJobs: `signet:account-jobs:${ACCOUNTS}`,
  client: (id: string) => `signet:client:${CLIENTS}:${id}`,
  /** All ids of clients, or those of one source. */
  clientIds: (source = 'all') => `signet:client-ids:${CLIENTS}:${source}`,
  counter: (key: string) => `signet:counter:{${digestText('counter', '', key)}}`,
  signingKeys: 'signet:{signing-keys}',
  /** Of algorithms other than RS256 (`../port/signing-keys.ts`). */
  otherSigningKeys: 'signet:other:{signing-keys}',
  /** The outbox: `job-scripts.ts`. */
  jobs: (part: string) => `signet:jobs:{jobs}:${part}`,
  auditCounter: 'signet:audit-counter:{audit}',
  auditEvents: 'signet:audit-events:{audit}',
  /** Numbers of events by time: of all, or of those with one type, account or client. */
  audit: (filter = 'all', value = '') => `signet:audit:{audit}:${filter}:${value}`,
  ping: 'signet:ping',
  /** In the slot of the clients, so that it is lost with them. */
  identity: `signet:identity:${CLIENTS}`,
} as const;

/** For scans: how the keys of each type begin. */
export const PREFIXES = {
  all: 'signet:',
  artifact: 'signet:artifact:',
  consumed: 'signet:consumed:',
  once: 'signet:once:',
  grantEpoch: 'signet:era:grant:',
  account: 'signet:account:{accounts}:',
} as const;

/** Kind (where the key has one) and digest of a key. */
export function parseKey(key: string): { kind: ArtifactKind; digest: string } {
  const [, kind = '', digest = ''] = /^signet:[^{]*?([^:{]*):\{(.+)\}$/.exec(key) ?? [];
  return { kind: kind as ArtifactKind, digest };
}

export function idDigest(kind: ArtifactKind, id: string): string {
  return digestText('artifact', kind, id);
}
