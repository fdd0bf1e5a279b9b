import type { GrantType } from './grant-types.ts';

/**
 * The response types that a client can register (OAuth 2.0 Multiple Response Type Encoding Practices), and the grant types that belong to
 * them (RFC 7591 §2.1). All but `code` are answered with tokens by the front channel, through the browser: in the fragment or in a form,
 * never in the query. `token` alone is not among them (RFC 9700 §2.1.2).
 */
export const RESPONSE_TYPES = [
  'code',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
] as const;

export type ResponseType = (typeof RESPONSE_TYPES)[number];

export const FRONT_CHANNEL_TYPES: readonly ResponseType[] = RESPONSE_TYPES.filter(isFrontChannel);

/** The response modes that tokens may be sent in (OAuth 2.0 Multiple Response Type Encoding Practices §3, §5). */
const FRONT_CHANNEL_MODES: readonly string[] = ['fragment', 'form_post'];

/** The values of a response type have no order (RFC 6749 §3.1.1): here and in the engine they are sorted. */
export function sortedType(type: string): string {
  return type.split(' ').toSorted().join(' ');
}

/** Whether the authorization response has a token. */
export function isFrontChannel(type: string): boolean {
  return type.includes('token');
}

/** Whether the authorization response has an access token. */
export function hasAccessToken(type: string): boolean {
  return type.split(' ').includes('token');
}

interface Registered {
  grant_types: readonly GrantType[];
  response_types: readonly ResponseType[];
  response_modes?: readonly string[] | undefined;
}

/** @returns one sentence per problem */
export function responseTypeProblems({ grant_types: grants, response_types: types }: Registered): string[] {
  return [
    ...grantProblems('authorization_code', {
      isRegistered: grants.includes('authorization_code'),
      type: types.find((type) => type.split(' ').includes('code')),
      needed: 'code',
    }),
    ...grantProblems('implicit', {
      isRegistered: grants.includes('implicit'),
      type: types.find(isFrontChannel),
      needed: `one of ${FRONT_CHANNEL_TYPES.join(', ')}`,
    }),
  ];
}

/** @param registered.type the first response type that needs the grant type */
function grantProblems(
  grant: GrantType,
  { isRegistered, type, needed }: { isRegistered: boolean; type: string | undefined; needed: string },
): string[] {
  if (isRegistered && type === undefined)
    return [`response_types: must contain ${needed} when grant_types contains ${grant}`];
  if (!isRegistered && type !== undefined) return [`response_types: ${type} needs ${grant} in grant_types`];
  return [];
}

/** @returns one sentence per problem */
export function responseModeProblems({ response_types: types, response_modes: modes }: Registered): string[] {
  const type = types.find(isFrontChannel);
  return type === undefined || modes === undefined || modes.some((mode) => FRONT_CHANNEL_MODES.includes(mode))
    ? []
    : [`response_modes: must contain ${FRONT_CHANNEL_MODES.join(' or ')}, in which ${type} is answered`];
}

/**
 * What an operator should know at every write of a client.
 * @param metadata valid, as declared or as stored
 */
export function responseTypeWarnings(metadata: Readonly<Record<string, unknown>>): string[] {
  const types = ((metadata.response_types ?? []) as string[]).filter(isFrontChannel).map(sortedType);
  const withAccessToken = types.find(hasAccessToken);
  if (withAccessToken !== undefined) {
    return [
      `response_types: ${withAccessToken} issues access tokens through the browser, where they leak and can be ` +
        'injected: it is no longer recommended (RFC 9700 §2.1.2); use code with PKCE where the application can',
    ];
  }
  const [withIdToken] = types;
  return withIdToken === undefined
    ? []
    : [
        `response_types: ${withIdToken} issues ID tokens through the browser, with the implicit grant, which is no longer ` +
          'recommended; use code with PKCE where the application can',
      ];
}
