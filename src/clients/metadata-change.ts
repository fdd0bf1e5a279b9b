import { isDeepStrictEqual } from 'node:util';
import type { ClientRecord } from '../store/store.ts';
import { ClientError } from './errors.ts';
import { isLocalizedName } from './fields/localized.ts';
import { CLIENT_METADATA, type ClientMetadata, type MetadataContext } from './fields/shape.ts';
import { defaultResponseTypes, defaultScope, problemOfName } from './metadata.ts';
import { trustProblems } from './trust.ts';
import { withPkcePolicy } from './pkce.ts';
import { checkMetadataOf } from './registration.ts';

/**
 * Changes of the metadata of a stored client. A member has the value of the change; `null` removes it, so that it has its default
 * (RFC 7396). A list replaces the former list.
 */
export type MetadataChange = Readonly<Record<string, unknown>>;

/**
 * @param current typed, as `Clients.find` returns it
 * @returns `problems`: one sentence per problem. Store `metadata` only if there are none
 */
export function changeMetadata(
  { id, metadata: current }: Pick<ClientRecord, 'id'> & { metadata: ClientMetadata },
  { client_id: newId = id, client_secret: secret = null, ...given }: MetadataChange,
  context: MetadataContext,
): { metadata: ClientMetadata; problems: string[] } {
  const change = withCurrentNames(given);
  const names = new Set<string>(CLIENT_METADATA);
  const isKnown = (name: string): boolean => names.has(name) || isLocalizedName(name);
  const unknown = Object.keys(change).filter((name) => !isKnown(name));
  const known = Object.entries(change).filter(([name]) => isKnown(name));
  const merged = { ...withoutDerived(current, change), ...Object.fromEntries(known) };
  const kept = Object.entries(merged).filter(([, value]) => value !== null);
  const { metadata, problems } = checkMetadataOf(id, Object.fromEntries(kept), context);
  return {
    metadata,
    problems: [
      ...(newId === id ? [] : ['client_id: cannot be changed; add a client with the other id']),
      ...(secret === null
        ? []
        : [
            `client_secret: is changed by \`signet client rotate-secret ${id}\`, which keeps the current one valid`,
          ]),
      ...unknown.map(problemOfName),
      ...problems,
    ],
  };
}

/** A change, or a function that computes it from the current metadata. */
export type Change = MetadataChange | ((current: ClientMetadata) => MetadataChange);

/** @throws ClientError with all problems */
export function changedMetadata(
  current: ClientRecord & { metadata: ClientMetadata },
  change: Change,
  context: MetadataContext,
): ClientMetadata {
  const wanted = typeof change === 'function' ? change(current.metadata) : change;
  const { metadata, problems } = changeMetadata(current, wanted, context);
  problems.push(...trustProblems(current, metadata));
  if (problems.length > 0) throw new ClientError(problems);
  return metadata;
}

/** The names of the members that differ, in the order of the documentation. */
export function changedMembers(before: ClientMetadata, after: ClientMetadata): string[] {
  const localized = new Set(
    [before, after].flatMap((metadata) => Object.keys(metadata).filter(isLocalizedName)),
  );
  return [...CLIENT_METADATA, ...localized].filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** Without the members whose stored value is the default for the former grant types, when these change: the default follows. */
function withoutDerived(current: ClientMetadata, change: MetadataChange): Record<string, unknown> {
  if (change.grant_types === undefined) return current;
  const { grant_types: grants, response_types: types, scope, ...others } = current;
  return {
    ...others,
    ...(!isDeepStrictEqual(types, defaultResponseTypes(grants)) && { response_types: types }),
    ...(scope !== defaultScope(grants) && { scope }),
  };
}

/** `require_pkce` as `pkce`, which stored metadata has, unless both are given: that is reported. */
function withCurrentNames(change: MetadataChange): MetadataChange {
  const { require_pkce: required, ...others } = change;
  if (Object.hasOwn(change, 'pkce')) return change;
  if (required === null) return { ...others, pkce: null };
  return typeof required === 'boolean' ? withPkcePolicy(change) : change;
}
