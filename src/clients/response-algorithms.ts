import type { Config } from '../config/config.ts';
import type { ClientRecord } from '../store/store.ts';

/**
 * The algorithms of the JWTs that a client receives: ID tokens, userinfo (OpenID Connect Core §5.3.2) and introspection (RFC 9701). Each is
 * signed, and then encrypted where the client has registered that.
 */

type Algorithms = Config['signingAlgorithms'];

/** RFC 7518 §3.2. The key is the secret of the client. */
export const HMAC = 'HS256';

/** What is signed, by the prefix of its members. */
export const SIGNED_RESPONSES = ['id_token', 'userinfo', 'introspection'] as const;

/** Named in a sentence; there may be thousands. */
const MAX_NAMED = 5;

/**
 * @param name of the member
 * @returns undefined when responses with this algorithm can be signed. Without a registered one, that is RS256, which always has a key
 */
export function signedResponseProblem(
  name: string,
  alg: unknown,
  configured: Algorithms,
): string | undefined {
  if (alg === undefined || alg === HMAC || configured.some((each) => each === alg)) return undefined;
  return `${name}: must be ${configured.join(' or ')}, which are signingAlgorithms of the configuration, or ${HMAC}`;
}

/**
 * The problems of stored clients that are registered for an algorithm that is no longer configured. Their requests would fail, because their
 * responses are signed with exactly the algorithm that they expect.
 * @returns one sentence for each missing algorithm
 */
export function missingAlgorithms(
  clients: readonly Pick<ClientRecord, 'id' | 'metadata'>[],
  configured: Algorithms,
): string[] {
  const uses = clients.flatMap(({ id, metadata }) =>
    SIGNED_RESPONSES.map((response) => `${response}_signed_response_alg`)
      .filter((name) => signedResponseProblem(name, metadata[name], configured) !== undefined)
      .map((name) => ({ id, name, alg: String(metadata[name]) })),
  );
  return [...Map.groupBy(uses, ({ alg }) => alg)].map(([alg, users]) => {
    const ids = [...new Set(users.map(({ id }) => id))];
    const members = [...new Set(users.map(({ name }) => name))].join(', ');
    const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
    return `signingAlgorithms: ${alg} is missing, and clients are registered for it (${members}): ${ids.slice(0, MAX_NAMED).join(', ')}${more}; add it, or change them with \`signet client update\``;
  });
}
