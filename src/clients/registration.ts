import { isReservedName } from '../config/reserved-names.ts';
import { STANDARD_SCOPES } from '../config/standard-scopes.ts';
import { grantTypesForApis } from './grant-types.ts';
import { type ClientMetadata, checkMetadata, type MetadataContext, needsSecret } from './metadata.ts';
import { secretProblems } from './secrets.ts';

/** A client as someone hands it in: identifier, secret and metadata in one object, checked together. */

export interface Registration {
  id: string;
  metadata: ClientMetadata;
  /** As given; undefined for clients without one, and for those that are to get a generated one. */
  secret: string | undefined;
}

const CLIENT_ID = /^[\x21-\x7E]{1,200}$/;

/** @returns every problem at once, a sentence each; the registration may be stored only when there is none */
export function checkRegistration(
  input: Record<string, unknown>,
  context: MetadataContext,
): { registration: Registration; problems: string[] } {
  const { client_id: id, client_secret: secret, ...rest } = input;
  const { metadata, problems } = checkMetadata(rest, context);
  if (typeof id !== 'string' || !CLIENT_ID.test(id)) {
    problems.unshift('client_id: must be 1 to 200 visible ASCII characters');
  } else if (isReservedName(id)) {
    problems.unshift('client_id: is a reserved name; choose another');
  }
  problems.push(...machineProblems(String(id), metadata, context));
  if (secret !== undefined) {
    if (typeof secret !== 'string') problems.push('client_secret: must be text');
    else if (needsSecret(metadata)) problems.push(...secretProblems(secret, context.mode));
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

/** A grant that gives no token, by the rule of `oidc/api-access.ts`. */
function machineProblems(
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
