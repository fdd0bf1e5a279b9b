import { randomUUID } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { DeclaredClient } from '../config/schema.ts';
import { ConflictError } from '../store/errors.ts';
import type { ClientRecord, ClientSecret, Store } from '../store/store.ts';
import { type Reconciliation, reconcileClients } from './declared.ts';
import { ClientError } from './errors.ts';
import { type ClientMetadata, type MetadataContext, needsSecret } from './metadata.ts';
import { checkRegistration } from './registration.ts';
import { digestSecret, generateSecret, hasExpired } from './secrets.ts';

export type { Reconciliation };

/** Applications. Owns their metadata and secrets; the protocol behaviour that follows from them is in `oidc/`. */

/** Times are epoch seconds. */
export interface Client extends Omit<ClientRecord, 'metadata'> {
  readonly metadata: ClientMetadata;
}

export interface Clients {
  /**
   * Adds a client.
   * @param metadata by registered names; a `client_id` is made up when there is none
   * @returns the secret too, for clients that have one; it cannot be read again
   * @throws ClientError listing every problem at once
   */
  add(
    metadata: Record<string, unknown>,
    options?: { secret?: string | undefined },
  ): Promise<{ client: Client; secret?: string }>;
  find(id: string): Promise<Client | undefined>;
  /** Ordered by id; `after` is the last id of the page before. */
  list(page: { after?: string | undefined; limit: number }): Promise<Client[]>;
  /**
   * Gives a client a new secret. The newest one before it stays valid for `overlap` seconds (7 days by default), older ones end now.
   * @throws ClientError when there is no such client, or it has no use for a secret
   */
  rotateSecret(
    id: string,
    options?: { overlap?: number | undefined },
  ): Promise<{ client: Client; secret: string }>;
  /** @throws ClientError when there is no such client, or it is declared in the configuration file */
  remove(id: string): Promise<void>;
  /**
   * Makes the declared clients match the configuration file. Run at every start.
   * @throws ConfigurationError listing every problem at once, before anything is written
   */
  reconcile(declared: readonly DeclaredClient[]): Promise<Reconciliation>;
}

/** Seconds. */
const DEFAULT_OVERLAP = 7 * 86_400;

export function createClients(
  options: MetadataContext & {
    store: Pick<Store, 'clients'>;
    audit: Pick<Audit, 'record'>;
    clock: Clock;
  },
): Clients {
  const { audit, clock } = options;
  const store = options.store.clients;
  const now = () => nowInSeconds(clock);

  async function existing(id: string): Promise<Client> {
    const record = await store.find(id);
    if (record === undefined) throw noSuchClient(id);
    return toClient(record);
  }

  return {
    async add(metadata, { secret: given } = {}) {
      const { registration, problems } = checkRegistration(
        { client_id: randomUUID(), ...metadata, ...(given !== undefined && { client_secret: given }) },
        options,
      );
      if (problems.length > 0) throw new ClientError(problems);
      const { id } = registration;
      const secret = needsSecret(registration.metadata)
        ? (registration.secret ?? generateSecret())
        : undefined;
      const time = now();
      const client: Client = {
        id,
        instance: randomUUID(),
        metadata: registration.metadata,
        secrets: secret === undefined ? [] : [{ digest: digestSecret(secret), createdAt: time }],
        source: 'added',
        createdAt: time,
        updatedAt: time,
      };
      try {
        await store.create(client);
      } catch (error) {
        if (error instanceof ConflictError) throw new ClientError([`client_id: ${id} is taken`]);
        throw error;
      }
      audit.record({ type: 'client.added', clientId: id });
      return { client, ...(secret !== undefined && { secret }) };
    },
    async find(id) {
      const record = await store.find(id);
      return record && toClient(record);
    },
    async list(page) {
      return (await store.list(page)).map(toClient);
    },
    async rotateSecret(id, { overlap = DEFAULT_OVERLAP } = {}) {
      const secret = generateSecret();
      const time = now();
      const first = { digest: digestSecret(secret), createdAt: time };
      // From what is there at that moment: somebody else may be giving it a new secret, too.
      const changed = await store.update(id, (current) => {
        const { metadata } = toClient(current);
        if (!needsSecret(metadata)) {
          throw new ClientError([
            `${id} authenticates with ${metadata.token_endpoint_auth_method}, not a secret`,
          ]);
        }
        return { ...current, secrets: [first, ...keptSecrets(current, time, overlap)], updatedAt: time };
      });
      if (changed === undefined) throw noSuchClient(id);
      audit.record({ type: 'client.secret_rotated', clientId: id, detail: { overlap } });
      return { client: toClient(changed), secret };
    },
    async remove(id) {
      if ((await existing(id)).source === 'declared') {
        throw new ClientError([`${id} is declared in the configuration file; remove it there`]);
      }
      if (await store.remove(id)) audit.record({ type: 'client.removed', clientId: id });
    },
    reconcile: (declared) => reconcileClients(declared, { store, audit, now: now(), context: options }),
  };
}

/**
 * The secrets that stay beside a new one: the newest valid one for the overlap, and in any case the last one of a declared client, which
 * tells later starts what was in the file.
 */
function keptSecrets({ secrets, source }: ClientRecord, now: number, overlap: number): ClientSecret[] {
  const newest = secrets.find((secret) => !hasExpired(secret, now));
  const declared = source === 'declared' ? secrets.at(-1) : undefined;
  return secrets
    .filter((secret) => secret === newest || secret === declared)
    .map((secret) => endingBy(secret, secret === newest ? now + overlap : now))
    .filter(
      (secret, index, kept) =>
        !hasExpired(secret, now) || (declared !== undefined && index === kept.length - 1),
    );
}

function noSuchClient(id: string): ClientError {
  return new ClientError([`there is no client ${id}`]);
}

function endingBy(secret: ClientSecret, time: number): ClientSecret {
  return { ...secret, expiresAt: Math.min(secret.expiresAt ?? time, time) };
}

function toClient(record: ClientRecord): Client {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- metadata is checked when it is written, not at every request
  return record as Client;
}
