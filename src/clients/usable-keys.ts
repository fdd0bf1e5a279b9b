import { hash } from 'node:crypto';
import { clientKeyProblem, type Jwk } from './jwks.ts';
import type { FindClient, KnownClient } from './known-client.ts';

/** Cached key sets, as many as cached clients (`oidc/engine/client-cache.ts`). Validating one takes milliseconds. */
const MAX_KEY_SETS = 10_000;

/**
 * Wraps a client lookup and removes keys that are invalid by today's rules: an earlier version with weaker checks may have stored them.
 * @param warn called once per key set with an invalid key
 */
export function withUsableKeys(
  find: FindClient,
  warn: (found: { clientId: string; problems: string[] }) => void,
): FindClient {
  const problemsBySet = new Map<string, readonly (string | undefined)[]>();
  return async (id) => {
    const client = await find(id);
    const keys = keysOf(client);
    if (client === undefined || keys === undefined) return client;
    const digest = hash('sha256', JSON.stringify([id, keys]));
    let problems = problemsBySet.get(digest);
    if (problems === undefined) {
      problems = keys.map(clientKeyProblem);
      if (problemsBySet.size >= MAX_KEY_SETS)
        problemsBySet.delete(problemsBySet.keys().next().value as string);
      problemsBySet.set(digest, problems);
      const found = problems.flatMap((problem, index) =>
        problem === undefined ? [] : `keys.${index}: ${problem}`,
      );
      if (found.length > 0) warn({ clientId: id, problems: found });
    }
    if (problems.every((problem) => problem === undefined)) return client;
    const usable = keys.filter((_, index) => problems[index] === undefined);
    return { ...client, metadata: { ...client.metadata, jwks: { keys: usable } } };
  };
}

function keysOf(client: KnownClient | undefined): readonly Jwk[] | undefined {
  const { jwks } = (client?.metadata ?? {}) as { jwks?: { keys: readonly Jwk[] } };
  return jwks?.keys;
}
