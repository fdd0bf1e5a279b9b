import { NEVER } from '../../clock.ts';
import type { RelyingParty } from '../../config/relying-party.ts';
import type { ArtifactStore, Payload } from '../../store/store.ts';

/**
 * The domains that keys of any account were added for, in one record: a start compares them with the configuration without a look at all
 * accounts. Keys of another domain are not lost, but no browser offers them.
 */

export const DOMAINS_RECORD = { kind: 'ReservedName', id: 'domains of passkeys' } as const;

/** Writes for the first key of a domain only. */
export async function noteDomain(
  artifacts: Pick<ArtifactStore, 'find' | 'update'>,
  { rpId }: RelyingParty,
): Promise<void> {
  const { kind, id } = DOMAINS_RECORD;
  if (domainsIn(await artifacts.find(kind, id)).includes(rpId)) return;
  await artifacts.update(kind, id, (current) => ({
    payload: { domains: [...new Set([...domainsIn(current), rpId])] },
    expiresAt: NEVER,
  }));
}

/** @returns a sentence for the operator, or undefined where all keys can be used */
export function domainWarning(
  record: Payload | undefined,
  party: Pick<RelyingParty, 'rpId'> | undefined,
): string | undefined {
  const others = domainsIn(record).filter((domain) => domain !== party?.rpId);
  if (party === undefined || others.length === 0) return undefined;
  return `passkeys.rpId: people have added keys for ${others.join(', ')}, which they cannot use at ${party.rpId}; set the domain of before, or ask them to add new ones`;
}

function domainsIn(record: Payload | undefined): string[] {
  return (record?.domains ?? []) as string[];
}
