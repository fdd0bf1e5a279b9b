import { type Client, errors, type Provider } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import type { Jwk } from '../../clients/jwks.ts';
import { fetchRemoteKeys, RemoteKeysError, type RemoteKeySet } from '../../clients/remote-keys.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { override } from '../overrides.ts';

/**
 * The keys of a client that has registered a `jwks_uri`, in the engine's key store of the client. The engine would request them by itself,
 * keep them for as long as the server says, and use keys that have expired until a verification fails.
 *
 * To verify a JWT, the engine selects a key. When none fits, it asks whether the store is `fresh`, calls `refresh` if it is not, and tries
 * again. To encrypt, it calls `refresh` first.
 */

/** Milliseconds between two requests for a key that is not in the set; the guarded fetch has the same limit for each URL. */
const REFETCH_INTERVAL_MS = 30_000;

/** The members of the engine's key store that are called here. */
interface KeyStore {
  readonly client: Client;
  clear(): void;
  add(key: Jwk): void;
}

interface State {
  set?: RemoteKeySet;
  /** Milliseconds: the last request for a key that was not in the set. */
  refetchedAt: number;
  /** A verification has failed with a set that is current. */
  isRefetchDue: boolean;
}

const states = new WeakMap<KeyStore, State>();

function stateOf(keys: KeyStore): State {
  let state = states.get(keys);
  if (state === undefined) states.set(keys, (state = { refetchedAt: 0, isRefetchDue: false }));
  return state;
}

/** What was fetched last for a client. */
export function fetchedKeys(client: Client): RemoteKeySet | undefined {
  return states.get((client as unknown as { asymmetricKeyStore: KeyStore }).asymmetricKeyStore)?.set;
}

type Select = (this: KeyStore, options: unknown) => Jwk[];

export function useRemoteKeys(
  provider: Provider,
  { outbound, clock }: { outbound: Outbound; clock: Clock },
): void {
  const isCurrent = ({ set }: State): boolean => set !== undefined && clock() < set.freshUntil;

  override<Select>(
    provider,
    'ClientKeyStore.prototype.selectForVerify',
    (select) =>
      function selectCurrent(options) {
        return this.client.jwksUri === undefined || isCurrent(stateOf(this))
          ? select.call(this, options)
          : [];
      },
  );
  override<(this: KeyStore) => boolean>(
    provider,
    'ClientKeyStore.prototype.fresh',
    () =>
      function isFresh() {
        if (this.client.jwksUri === undefined) return true;
        const state = stateOf(this);
        if (!isCurrent(state)) return false;
        const since = Math.max(state.set?.fetchedAt ?? 0, state.refetchedAt);
        state.isRefetchDue = clock() - since >= REFETCH_INTERVAL_MS;
        return !state.isRefetchDue;
      },
  );
  override<(this: KeyStore) => Promise<void>>(
    provider,
    'ClientKeyStore.prototype.refresh',
    () =>
      async function refreshKeys() {
        const { jwksUri } = this.client;
        if (jwksUri === undefined) return;
        const state = stateOf(this);
        const refetch = state.isRefetchDue;
        state.isRefetchDue = false;
        if (isCurrent(state) && !refetch) return;
        const set = await fetchRemoteKeys(outbound, jwksUri, refetch).catch(rethrow);
        if (refetch) state.refetchedAt = clock();
        if (set === state.set) return;
        state.set = set;
        this.clear();
        // The engine adds members to keys with a certificate.
        for (const key of set.keys) this.add({ ...key });
      },
  );
}

/** The engine passes the error on where a response is to be encrypted. */
function rethrow(cause: unknown): never {
  if (!(cause instanceof RemoteKeysError)) throw cause;
  throw new errors.InvalidClientMetadata('the keys of the client cannot be fetched from its jwks_uri', {
    cause,
  });
}
