import { isAccountClient } from './account-client.ts';
import { isReservedName } from '../config/reserved-names.ts';
import { STANDARD_SCOPES } from '../config/standard-scopes.ts';
import { audienceProblem } from './audience-clash.ts';
import { grantTypesForApis } from './grant-types.ts';
import type { ClientMetadata, MetadataContext } from './fields/shape.ts';
import { checkMetadata, needsSecret } from './metadata.ts';
import { MIN_KEY_BYTES, usesSecretAsKey } from './secret-key.ts';
import { secretProblems } from './secrets.ts';

/** Validation of a client registration: identifier, secret and metadata in one object. */

export interface Registration {
  id: string;
  metadata: ClientMetadata;
  /** As given. Undefined for clients without a secret, and for clients that get a generated one. */
  secret: string | undefined;
}

/**
 * Written into the metadata of a client that the operator declares or adds. A client that an earlier version has stored has no such member,
 * and keeps its behaviour: a change of stored metadata must not add these.
 */
const DEFAULTS: Partial<ClientMetadata> = { id_token_claims: true };

const CLIENT_ID = /^[\x21-\x7E]{1,200}$/;

/** @returns `problems`: one sentence per problem. Store the registration only if there are none */
export function checkRegistration(
  input: Record<string, unknown>,
  context: MetadataContext,
): { registration: Registration; problems: string[] } {
  const { client_id: id, client_secret: secret, ...rest } = input;
  const { metadata, problems } = checkMetadataOf(String(id), { ...DEFAULTS, ...rest }, context);
  if (typeof id !== 'string' || !CLIENT_ID.test(id)) {
    problems.unshift('client_id: must be 1 to 200 visible ASCII characters');
  } else if (isReservedName(id) || isAccountClient(id)) {
    problems.unshift('client_id: is a reserved name; choose another');
  }
  if (secret !== undefined) {
    if (typeof secret !== 'string') problems.push('client_secret: must be text');
    else if (needsSecret(metadata)) problems.push(...givenSecretProblems(secret, metadata, context));
    else {
      problems.push(
        `client_secret: not used with token_endpoint_auth_method ${metadata.token_endpoint_auth_method}; remove it`,
      );
    }
  }
  return {
    registration: { id: String(id), metadata, secret: typeof secret === 'string' ? secret : undefined },
    problems,
  };
}

function givenSecretProblems(secret: string, metadata: ClientMetadata, { mode }: MetadataContext): string[] {
  const problems = secretProblems(secret, mode);
  const isShort = problems.length === 0 && usesSecretAsKey(metadata) && secret.length < MIN_KEY_BYTES;
  return isShort
    ? [`client_secret: must have at least ${MIN_KEY_BYTES} characters as a key for HS256 (RFC 7518 §3.2)`]
    : problems;
}

/**
 * Validation of client metadata with the rules that need the id of the client, without the defaults of new clients.
 * @param input without `client_id` and `client_secret`
 * @returns `problems`: one sentence per problem. Store the metadata only if there are none
 */
export function checkMetadataOf(
  id: string,
  input: Record<string, unknown>,
  context: MetadataContext,
): { metadata: ClientMetadata; problems: string[] } {
  const { metadata, problems } = checkMetadata(input, context);
  const clash = audienceProblem(id, metadata, context.apis);
  problems.push(...(clash === undefined ? [] : [clash]), ...clientCredentialsProblems(id, metadata, context));
  return { metadata, problems };
}

/** Rejects `client_credentials` for a client that could not get any token, by the rules of `oidc/tokens/api-access.ts`. */
function clientCredentialsProblems(
  id: string,
  { grant_types: grants, scope }: ClientMetadata,
  { apis }: MetadataContext,
): string[] {
  const types = grantTypesForApis(grants);
  if (types.length === 0) return [];
  const scopes = scope.split(' ').filter((token) => token !== '' && !STANDARD_SCOPES.has(token));
  // An unknown scope is reported by `checkMetadata`.
  if (scopes.length > 0 || apis.some(({ clients }) => clients.includes(id))) return [];
  return [
    `scope: ${types.join(' and ')} gives no token without a scope of an API, or the id of the client in apis.clients of the configuration; add one`,
  ];
}
