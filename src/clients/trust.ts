import type { ClientRecord } from '../store/store.ts';
import type { ClientMetadata } from './fields/shape.ts';

/** Members by which an operator decides about a client. A client that registered itself could change what is decided, or remove it. */
const TRUST = ['first_party', 'trust_loopback', 'allowed_groups', 'roles', 'claim_names'] as const;

/** @returns one sentence per problem */
export function trustProblems({ id, source }: ClientRecord, metadata: ClientMetadata): string[] {
  if (source !== 'registered') return [];
  return TRUST.filter((name) => metadata[name] !== undefined && metadata[name] !== false).map(
    (name) =>
      `${name}: the client registered itself and can change; run \`signet client accept ${id}\` first`,
  );
}
