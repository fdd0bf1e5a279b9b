import * as v from 'valibot';
import { OutboundError } from '../outbound/errors.ts';
import type { Outbound, OutboundDocument } from '../outbound/outbound.ts';
import { clientKeyProblem, type Jwk, laboriousKeyProblem, sharedKeyProblem, withUses } from './jwks.ts';

/** The keys at the `jwks_uri` of a client (OpenID Connect Dynamic Client Registration §2). */

/** Validating one takes milliseconds. */
const MAX_KEYS = 40;

/** `validationWork` of all keys, of which anyone may publish others each minute: forty of 2048 bits, or five of 4096. */
const MAX_WORK = 41;

export interface RemoteKeySet {
  /** Those that can be used. */
  readonly keys: readonly Jwk[];
  /** A sentence for each key that is left out: of another purpose, of another type, or weak. */
  readonly leftOut: readonly string[];
  /** Milliseconds. */
  readonly fetchedAt: number;
  /** Milliseconds. */
  readonly freshUntil: number;
}

/** There are no keys. The message is for the log. */
export class RemoteKeysError extends Error {
  override readonly name = 'RemoteKeysError';
}

/**
 * The set is the same object for as long as the document is the same.
 * @param refetch for a key that is not in the set: `Outbound.get` limits how often
 * @throws RemoteKeysError
 */
export async function fetchRemoteKeys(
  outbound: Outbound,
  uri: string,
  refetch: boolean,
): Promise<RemoteKeySet> {
  const first = await keysAt(outbound, uri, refetch);
  // A document without keys is not kept for its max-age.
  const set = typeof first === 'string' && !refetch ? await keysAt(outbound, uri, true) : first;
  if (typeof set === 'string') throw new RemoteKeysError(`no keys at jwks_uri: ${set}`);
  return set;
}

const parsed = new WeakMap<OutboundDocument, RemoteKeySet | string>();

/** @returns a text: what is wrong with the document */
async function keysAt(outbound: Outbound, uri: string, refetch: boolean): Promise<RemoteKeySet | string> {
  const document = await fetchDocument(outbound, uri, refetch);
  let set = parsed.get(document);
  if (set === undefined) parsed.set(document, (set = parse(document)));
  return set;
}

async function fetchDocument(outbound: Outbound, uri: string, refetch: boolean): Promise<OutboundDocument> {
  try {
    return await outbound.get(uri, {
      purpose: 'jwks_uri',
      accept: 'application/jwk-set+json, application/json',
      refetch,
    });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new RemoteKeysError(`jwks_uri could not be fetched (${error.failure}): ${error.detail}`);
  }
}

/** The type of each key is checked one by one: an unknown one is no reason to leave out the others (RFC 7517 §5). */
const keySet = v.looseObject({ keys: v.array(v.record(v.string(), v.unknown())) });

function parse({ body, fetchedAt, freshUntil }: OutboundDocument): RemoteKeySet | string {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    return 'the document is not JSON';
  }
  const { success, output } = v.safeParse(keySet, json);
  if (!success) return 'the document is not a JWK Set';
  if (output.keys.length > MAX_KEYS) return `the document has more than ${MAX_KEYS} keys`;
  const shared = sharedKeyProblem(output.keys);
  const laborious = laboriousKeyProblem(output.keys, MAX_WORK);
  const problems = output.keys.map(
    (key, index) => laborious(index) ?? clientKeyProblem(key) ?? shared(index),
  );
  return {
    keys: withUses(output.keys.filter((_, index) => problems[index] === undefined)),
    leftOut: problems.flatMap((problem, index) => (problem === undefined ? [] : `keys.${index} ${problem}`)),
    fetchedAt,
    freshUntil,
  };
}
