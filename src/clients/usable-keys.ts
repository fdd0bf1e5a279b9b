import { hash } from 'node:crypto';
import type { ClientRecord } from '../store/store.ts';
import { clientKeyProblem, type Jwk } from './jwks.ts';

/** Sets of keys that are remembered, as many as clients are kept (`oidc/client-cache.ts`): a check of one takes milliseconds. */
const CAPACITY = 10_000;

type FindClient = (id: string) => Promise<ClientRecord | undefined>;

/**
 * Finds clients without the keys that would not be accepted now: an older version, which checked less, may have stored them.
 * @param warn told once of each set of keys with such a key
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
      if (problemsBySet.size >= CAPACITY) problemsBySet.delete(problemsBySet.keys().next().value as string);
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

function keysOf(client: ClientRecord | undefined): readonly Jwk[] | undefined {
  const { jwks } = (client?.metadata ?? {}) as { jwks?: { keys: readonly Jwk[] } };
  return jwks?.keys;
}
