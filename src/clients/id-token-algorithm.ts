import type { Config } from '../config/config.ts';
import type { ClientRecord } from '../store/store.ts';

/** The algorithm that signs the ID tokens of a client, `id_token_signed_response_alg`. */

type Algorithms = Config['signingAlgorithms'];

/** Named in a sentence; there may be thousands. */
const MAX_NAMED = 5;

/** @returns undefined when the ID tokens of the client can be signed. Without a registered algorithm, that is RS256, which always has a key */
export function idTokenAlgorithmProblem(alg: unknown, configured: Algorithms): string | undefined {
  if (alg === undefined || configured.some((each) => each === alg)) return undefined;
  return `id_token_signed_response_alg: must be ${configured.join(' or ')}; these are signingAlgorithms of the configuration`;
}

/**
 * The problems of stored clients that are registered for an algorithm that is no longer configured. Their requests would fail, because their ID
 * tokens are signed with exactly the algorithm that they expect.
 * @returns one sentence for each missing algorithm
 */
export function missingAlgorithms(
  clients: readonly Pick<ClientRecord, 'id' | 'metadata'>[],
  configured: Algorithms,
): string[] {
  const registered = Map.groupBy(
    clients.filter(
      ({ metadata }) => idTokenAlgorithmProblem(algorithmOf(metadata), configured) !== undefined,
    ),
    ({ metadata }) => String(algorithmOf(metadata)),
  );
  return [...registered].map(([alg, users]) => {
    const named = users.slice(0, MAX_NAMED).map(({ id }) => id);
    const more = users.length > MAX_NAMED ? ` and ${users.length - MAX_NAMED} more` : '';
    return `signingAlgorithms: ${alg} is missing, and clients are registered for it (id_token_signed_response_alg): ${named.join(', ')}${more}; add it, or change them with \`signet client update\``;
  });
}

function algorithmOf(metadata: ClientRecord['metadata']): unknown {
  return metadata.id_token_signed_response_alg;
}
