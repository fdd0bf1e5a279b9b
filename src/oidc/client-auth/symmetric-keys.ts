import { errors, type Client } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { HMAC } from '../../clients/response-algorithms.ts';
import { openSecret, type SecretSealer, usesSecretAsKey } from '../../clients/secret-key.ts';
import { hasExpired } from '../../clients/secrets.ts';
import type { ClientSecret } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';

/**
 * The keys for HMAC of a client, which are its sealed secrets (`clients/secret-key.ts`). The engine would derive them from one `client_secret`,
 * which it never gets: the key store of each client is empty. For a client that has registered HS256, its two look-ups are replaced.
 *
 * A secret is opened when it is first needed, once for each client that the engine keeps. An expired one is no key.
 */

interface HmacKey {
  kty: 'oct';
  use: 'sig';
  alg: typeof HMAC;
  /** base64url. */
  k: string;
}

interface KeyStore {
  selectForSign(wanted: { alg: string }): HmacKey[];
  selectForVerify(wanted: { alg: string }): HmacKey[];
}

/** @returns a function that gives a loaded client its keys; idempotent */
export function symmetricKeys(sealer: SecretSealer, clock: Clock): (client: Client) => void {
  const prepared = new WeakSet<Client>();
  return (client) => {
    if (prepared.has(client)) return;
    prepared.add(client);
    if (!usesSecretAsKey(client.metadata())) return;
    const { symmetricKeyStore } = client as unknown as { symmetricKeyStore: KeyStore };
    Object.assign(symmetricKeyStore, keyStoreOf(client, sealer, clock));
  };
}

function keyStoreOf(client: Client, sealer: SecretSealer, clock: Clock): KeyStore {
  const { clientId: id } = client;
  const { secrets, instance } = clientSettings(client);
  const opened = new Map<ClientSecret, HmacKey>();
  const keyOf = (secret: ClientSecret): HmacKey => {
    let key = opened.get(secret);
    if (key === undefined) {
      const k = openSecret(secret, { id, instance }, sealer).toString('base64url');
      key = { kty: 'oct', use: 'sig', alg: HMAC, k };
      opened.set(secret, key);
    }
    return key;
  };
  /** Newest first. */
  const valid = (alg: string): ClientSecret[] => {
    const now = nowInSeconds(clock);
    const isValid = (secret: ClientSecret): boolean =>
      secret.sealed !== undefined && !hasExpired(secret, now);
    return alg === HMAC ? secrets.filter(isValid) : [];
  };
  return {
    /** The oldest, which the application has until its overlap ends. */
    selectForSign({ alg }) {
      const oldest = valid(alg).at(-1);
      if (oldest === undefined) {
        throw new errors.InvalidClientMetadata('the client has no secret to sign with HS256; it has expired');
      }
      return [keyOf(oldest)];
    },
    /** Whatever the `kid`: secrets have none, and some libraries make one up. */
    selectForVerify: ({ alg }) => valid(alg).map(keyOf),
  };
}
