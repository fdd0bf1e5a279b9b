import type { Config } from '../config/config.ts';
import { signsPeopleIn } from './grant-types.ts';
import { hasDotlessScheme, IMPLICIT_URIS, loopbackUriProblem, redirectUriProblem } from './redirect-uri.ts';

/** The lists of redirect URIs of a client: what is wrong with them, and what an operator should know about them. */

/** The members of the metadata that are about redirect URIs. */
interface Redirects {
  application_type: 'web' | 'native';
  grant_types: readonly string[];
  redirect_uris: readonly string[];
  post_logout_redirect_uris: readonly string[];
  loopback_redirect_uris?: readonly string[] | undefined;
  trust_loopback?: boolean | undefined;
}

const LISTS = ['redirect_uris', 'post_logout_redirect_uris'] as const;

/** @returns one sentence per problem */
export function redirectUriProblems(metadata: Redirects, mode: Config['mode']): string[] {
  const { application_type: applicationType, grant_types: grants } = metadata;
  const rules = { applicationType, isImplicit: grants.includes('implicit'), mode };
  return LISTS.flatMap((name) => problemsOf(name, metadata[name], (uri) => redirectUriProblem(uri, rules)));
}

/** @returns one sentence per problem */
export function loopbackProblems({
  application_type: applicationType,
  grant_types: grants,
  loopback_redirect_uris: uris = [],
  trust_loopback: trusted,
}: Redirects): string[] {
  if (applicationType === 'native') {
    return uris.length === 0
      ? []
      : [
          'loopback_redirect_uris: is for web clients; a native client has them in redirect_uris, with any port',
        ];
  }
  return [
    ...(grants.includes('implicit') && uris.length > 0
      ? [`loopback_redirect_uris: are not for the implicit grant (${IMPLICIT_URIS})`]
      : []),
    ...problemsOf('loopback_redirect_uris', uris, loopbackUriProblem),
    ...(trusted === true && uris.length === 0
      ? ['trust_loopback: is for native clients and for web clients with loopback_redirect_uris']
      : []),
  ];
}

/** @returns one sentence per problem */
export function redirectUriCountProblems({
  grant_types: grants,
  redirect_uris: uris,
  loopback_redirect_uris: loopback = [],
}: Redirects): string[] {
  if (!signsPeopleIn(grants) || uris.length + loopback.length > 0) return [];
  const grant = grants.includes('authorization_code') ? 'authorization_code' : 'implicit';
  return [`redirect_uris: at least one is needed with the ${grant} grant`];
}

/**
 * What an operator should know at every write of a client.
 * @param metadata valid, as declared or as stored
 * @returns one sentence per redirect URI with a scheme without a dot (RFC 8252 §8.4)
 */
export function redirectUriWarnings(metadata: Readonly<Record<string, unknown>>): string[] {
  return LISTS.flatMap((name) =>
    ((metadata[name] ?? []) as string[])
      .filter(hasDotlessScheme)
      .map(
        (uri) => `${name}: ${JSON.stringify(uri)} ${dotlessWarning(name, metadata.trust_loopback === true)}`,
      ),
  );
}

function dotlessWarning(name: (typeof LISTS)[number], trusted: boolean): string {
  const opened = name === 'redirect_uris' ? 'get the authorization response' : 'be opened after the sign-out';
  const silent = name === 'redirect_uris' && trusted ? ', with trust_loopback without a consent page' : '';
  return (
    `has a scheme without a dot, which any app on the device can register to ${opened}${silent} (RFC 8252 §8.4); ` +
    'prefer https, or a reversed domain name such as com.example.app:/callback'
  );
}

function problemsOf(
  name: string,
  uris: readonly string[],
  problemOf: (uri: string) => string | undefined,
): string[] {
  return uris.flatMap((uri) => {
    const problem = problemOf(uri);
    return problem === undefined ? [] : [`${name}: ${JSON.stringify(uri)} ${problem}`];
  });
}
