import * as v from 'valibot';
import { STANDARD_SCOPES } from '../../config/standard-scopes.ts';
import { isWeb } from '../../config/url.ts';
import { email } from '../fields/values.ts';
import { memberOf } from '../fields/localized.ts';
import { type ClientMetadata, FIELDS, type MetadataContext } from '../fields/shape.ts';
import { GRANT_TYPE_NAMES } from '../grant-types.ts';
import { isLoopback } from '../redirect-uri.ts';
import { checkMetadataOf } from '../registration.ts';
import { clientNameProblem } from './client-name.ts';
import type { RegistrationPolicy } from './policy.ts';
import { redirectPolicyProblems } from './redirect-policy.ts';
import { isRegistrable } from './registered-names.ts';
import { sectorPolicyProblems } from './sector-policy.ts';

/**
 * The metadata that a client gets for what it requests (RFC 7591 §2, §3.2.1): what this server does not know is left out, what it does not
 * allow is narrowed or refused, and the answer has what was registered.
 */

/**
 * Without `implicit` and `client_credentials`, which the policy decides about. A grant that is added later is not open to clients that register
 * themselves.
 */
const GRANTS_OF_PEOPLE: readonly string[] = ['authorization_code', 'refresh_token'];

/** Entries of a list, of any member. */
const MAX_ENTRIES = 50;

/** Members that are searched for names. */
const MAX_NAMES = 200;

const WEB_PAGES = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const;

type Members = Record<string, unknown>;

/**
 * @param input a JSON object
 * @returns `problems`: one sentence per problem. Store the metadata only if there are none
 */
export function requestedMetadata(
  id: string,
  input: Readonly<Members>,
  policy: RegistrationPolicy,
  context: MetadataContext,
): { metadata: ClientMetadata; problems: string[] } {
  const given = registrable(input);
  const narrowed = narrowLists(given, policy);
  const members = {
    ...narrowed,
    ...applicationType(narrowed),
    ...scopes(narrowed, policy, context),
    // A public client always needs it.
    ...(narrowed.token_endpoint_auth_method !== 'none' && { pkce: policy.pkce }),
    ...(policy.legacyAssertions && usesAssertions(narrowed) && { assertion_audience: 'legacy' }),
  };
  const { metadata, problems } = checkMetadataOf(id, members, context);
  return {
    metadata,
    problems: [
      ...Object.entries(given).flatMap(listProblem),
      ...nothingLeft(given, narrowed),
      ...redirectPolicyProblems(metadata, policy),
      ...problems,
      ...sectorPolicyProblems(metadata),
      ...nameProblems(given, policy),
      ...pageProblems(metadata),
    ],
  };
}

function usesAssertions({ token_endpoint_auth_method: method }: Members): boolean {
  return typeof method === 'string' && method.endsWith('_jwt');
}

/** `null` and an empty text are members that were left out (RFC 7592 §2.2). */
function registrable(input: Readonly<Members>): Members {
  return Object.fromEntries(
    Object.entries(input).filter(([name, value]) => value !== null && value !== '' && isRegistrable(name)),
  );
}

function narrowLists(given: Readonly<Members>, policy: RegistrationPolicy): Members {
  const responses = given.response_types;
  const types = Array.isArray(responses)
    ? responses.filter((type) => isAllowedResponse(type, policy))
    : responses;
  const grants = given.grant_types ?? grantsOf(types);
  const allowed: ReadonlySet<string> = new Set([
    ...GRANTS_OF_PEOPLE,
    ...(policy.implicit ? ['implicit'] : []),
    ...(policy.machineTokens ? ['client_credentials'] : []),
  ]);
  const supported: readonly string[] = GRANT_TYPE_NAMES;
  const isAllowed = (grant: unknown): boolean =>
    typeof grant === 'string' && allowed.has(grant) && supported.includes(grant);
  return {
    ...given,
    ...(Array.isArray(given.contacts) && { contacts: given.contacts.filter(isNoOtherText) }),
    ...(types !== undefined && { response_types: unique(types) }),
    ...(grants !== undefined && {
      grant_types: Array.isArray(grants) ? unique(grants.filter(isAllowed)) : grants,
    }),
  };
}

/** Contacts may be ways to reach a person of any kind; only email addresses are stored. What is no text is reported. */
function isNoOtherText(contact: unknown): boolean {
  return typeof contact !== 'string' || v.is(email, contact);
}

function isAllowedResponse(type: unknown, { implicit }: RegistrationPolicy): boolean {
  return (implicit || type === 'code') && v.is(FIELDS.response_types, [type]);
}

/** The grants of response types, for a client that registers these alone (OpenID Connect Dynamic Client Registration §2). */
function grantsOf(types: unknown): string[] | undefined {
  if (!Array.isArray(types)) return undefined;
  const words = new Set(types.flatMap((type) => String(type).split(' ')));
  const implicit = words.has('id_token') || words.has('token');
  return [...(words.has('code') ? ['authorization_code'] : []), ...(implicit ? ['implicit'] : [])];
}

function unique(list: unknown): unknown {
  return Array.isArray(list) ? [...new Set<unknown>(list)] : list;
}

function nothingLeft(given: Readonly<Members>, narrowed: Readonly<Members>): string[] {
  return ['response_types', 'grant_types'].flatMap((name) => {
    const [before, after] = [given[name], narrowed[name]];
    const isEmptied =
      Array.isArray(before) && before.length > 0 && Array.isArray(after) && after.length === 0;
    return isEmptied ? [`${name}: has none that a client may register itself`] : [];
  });
}

/** A client with redirect URIs on the device of the person is native, also where it does not say so (RFC 8252 §7, §8.4). */
function applicationType(members: Readonly<Members>): { application_type?: unknown } {
  const { application_type: type, redirect_uris: uris, token_endpoint_auth_method: method } = members;
  const isOnDevice = Array.isArray(uris) && uris.some(isDeviceUri);
  if (!isOnDevice) return {};
  return type === undefined || (type === 'web' && method === 'none') ? { application_type: 'native' } : {};
}

function isDeviceUri(uri: unknown): boolean {
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  return url !== null && (isLoopback(url) || !isWeb(url));
}

/**
 * Narrows the scopes to those that are allowed. Where none is left, the client gets those of one that requests none. With one scope of an API
 * it gets the others of that API too (RFC 7591 §2 lets the server replace values): MCP clients register the scope of the first challenge, and
 * request more of them when a later one asks for it. People consent to each.
 */
function scopes(
  members: Readonly<Members>,
  policy: RegistrationPolicy,
  { apis }: Pick<MetadataContext, 'apis'>,
): { scope?: string } {
  const { scope: requested = '', grant_types: grants = ['authorization_code'] } = members;
  if (typeof requested !== 'string' || !Array.isArray(grants)) return {};
  const signsIn = grants.includes('authorization_code') || grants.includes('implicit');
  const possible = policy.scopes.filter((scope) => {
    if (!STANDARD_SCOPES.has(scope)) return true;
    return signsIn && (scope !== 'offline_access' || grants.includes('refresh_token'));
  });
  const named = new Set(requested.split(' '));
  const ofApis = apis
    .map((api) => Object.keys(api.scopes))
    .filter((each) => each.some((scope) => named.has(scope)));
  const wanted = new Set([...named, ...ofApis.flat()]);
  const granted = possible.filter((scope) => wanted.has(scope));
  return { scope: (granted.length > 0 ? granted : possible).join(' ') };
}

function listProblem([name, value]: [string, unknown]): string[] {
  return Array.isArray(value) && value.length > MAX_ENTRIES
    ? [`${name}: has more than ${MAX_ENTRIES} entries`]
    : [];
}

function nameProblems(given: Readonly<Members>, { brand }: RegistrationPolicy): string[] {
  // Of more, the rules for all clients report the number.
  return Object.entries(given)
    .slice(0, MAX_NAMES)
    .flatMap(([name, value]) => {
      if (!/^client_name(?:#|$)/.test(name) || typeof value !== 'string') return [];
      const problem = clientNameProblem(value, brand);
      return problem === undefined ? [] : [`${name}: ${problem}`];
    });
}

/** An address with a user name shows another host than it leads to. */
function pageProblems(metadata: ClientMetadata): string[] {
  const pages = new Set<string>(WEB_PAGES);
  return Object.entries(metadata).flatMap(([name, value]) => {
    if (!pages.has(memberOf(name)) || typeof value !== 'string') return [];
    const url = URL.parse(value);
    return url !== null && (url.username !== '' || url.password !== '')
      ? [`${name}: has a user name or password in it`]
      : [];
  });
}
