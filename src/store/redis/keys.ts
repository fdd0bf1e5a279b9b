import type { ArtifactKind } from '../store.ts';
import { digest } from '../sealing.ts';

/** Names of keys. What stands in braces decides the slot in a cluster; `redis-store.ts` explains the layout. */

const ACCOUNTS = '{accounts}';
const CLIENTS = '{clients}';

export const keys = {
  artifact: (kind: ArtifactKind, id: string) => `signet:artifact:${kind}:{${idDigest(kind, id)}}`,
  consumed: (kind: ArtifactKind, id: string) => `signet:consumed:${kind}:{${idDigest(kind, id)}}`,
  once: (kind: ArtifactKind, id: string) => `signet:once:${kind}:{${text(digest('once', kind, id))}}`,
  alias: (aliasDigest: string) => `signet:alias:{${aliasDigest}}`,
  grantEra: (grantDigest: string) => `signet:era:grant:{${grantDigest}}`,
  accountEra: (accountDigest: string) => `signet:era:account:{${accountDigest}}`,
  /** The grants that speak for an account. */
  accountGrants: (accountDigest: string) => `signet:grants:{${accountDigest}}`,
  /** Digests of the ids of an account's sessions, by expiry; ended sessions may still be among them. */
  accountSessions: (accountDigest: string) => `signet:sessions:{${accountDigest}}`,
  account: (id: string) => `signet:account:${ACCOUNTS}:${id}`,
  usernames: `signet:usernames:${ACCOUNTS}`,
  /** Digests of email addresses, with the ids of their accounts. */
  emails: `signet:emails:${ACCOUNTS}`,
  /** There once every account is in `emails`. */
  emailsComplete: `signet:emails-complete:${ACCOUNTS}`,
  client: (id: string) => `signet:client:${CLIENTS}:${id}`,
  /** All ids of clients, or those of one source. */
  clientIds: (source = 'all') => `signet:client-ids:${CLIENTS}:${source}`,
  counter: (key: string) => `signet:counter:{${text(digest('counter', '', key))}}`,
  signingKeys: 'signet:{signing-keys}',
  auditCounter: 'signet:audit-counter:{audit}',
  auditEvents: 'signet:audit-events:{audit}',
  /** Numbers of events by time: of all, or of those with one type, account or client. */
  audit: (filter = 'all', value = '') => `signet:audit:{audit}:${filter}:${value}`,
  ping: 'signet:ping',
  /** In the slot of the clients, so that it is lost with them. */
  identity: `signet:identity:${CLIENTS}`,
} as const;

export function idDigest(kind: ArtifactKind, id: string): string {
  return text(digest('artifact', kind, id));
}

function text(bytes: Buffer): string {
  return bytes.toString('base64url');
}
