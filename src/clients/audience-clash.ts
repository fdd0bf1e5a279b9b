import type { Api } from '../config/schema-apis.ts';
import type { ClientRecord } from '../store/store.ts';
import { signsPeopleIn } from './grant-types.ts';

/**
 * Clients whose id is the audience of an API with `accessTokenType: JWT`. The audience of an ID token is the id of its client, and its type
 * does not tell it from the access tokens of such an API, which would accept it (RFC 8725 §2.8, §3.12).
 */

type Apis = readonly Pick<Api, 'audience' | 'accessTokenType'>[];

/** @returns undefined for a client that gets no ID tokens, or whose id is no such audience */
export function audienceProblem(
  id: string,
  { grant_types: grants }: { grant_types?: unknown },
  apis: Apis,
): string | undefined {
  return signsPeopleIn(grants) && plainTypeAudiences(apis).includes(id)
    ? `client_id: is the audience of an API with accessTokenType: JWT, which would accept the ID tokens of the client; choose another, or set accessTokenType: at+jwt`
    : undefined;
}

/** The ids to look for among stored clients. */
export function plainTypeAudiences(apis: Apis): string[] {
  return apis.filter(({ accessTokenType }) => accessTokenType === 'JWT').map(({ audience }) => audience);
}

/** @returns one sentence for each stored client that has the problem */
export function clashingAudiences(
  clients: readonly Pick<ClientRecord, 'id' | 'metadata'>[],
  apis: Apis,
): string[] {
  return clients
    .filter(({ id, metadata }) => audienceProblem(id, metadata, apis) !== undefined)
    .map(
      ({ id }) =>
        `apis: accessTokenType of ${id} cannot be JWT, because a client that signs people in has the same id; remove the client with \`signet client remove\`, or set at+jwt`,
    );
}
