import { randomUUID } from 'node:crypto';
import type { ActorAudit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { DeclaredClient } from '../config/schema-apis.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { ConflictError } from '../store/errors.ts';
import type { ClientRecord, ClientSecret, ClientStore, Store } from '../store/store.ts';
import { acceptedRecord, releasedRecord } from './adoption.ts';
import { type Reconciliation, reconcileClients } from './declared.ts';
import { ClientError } from './errors.ts';
import type { ClientMetadata, MetadataContext } from './fields/shape.ts';
import { needsSecret } from './metadata.ts';
import { type Change, changedMembers, changedMetadata } from './metadata-change.ts';
import { withPkcePolicy } from './pkce.ts';
import { checkRegistration } from './registration.ts';
import { keptBesideNew, keptFor } from './kept-secrets.ts';
import { type SecretSealer, storedSecret, usesSecretAsKey } from './secret-key.ts';
import { generateSecret } from './secrets.ts';
import { checkChangedSector, requireCheckedSector, sectorDocumentProblems } from './sector-check.ts';

export type { Reconciliation };

/**
 * Registered clients. This folder owns their metadata, secrets and public keys: validation (`metadata.ts`, `jwks.ts`,
 * `redirect-uri.ts`), storage, and reconciliation with the configuration file (`declared.ts`). It owns no protocol behaviour:
 * `oidc/` gives the metadata its effect and authenticates clients. `cli/` manages clients, `app/` reconciles them at the start.
 */

/** A client as stored, with typed metadata. Times are epoch seconds. */
export interface Client extends Omit<ClientRecord, 'metadata'> {
  readonly metadata: ClientMetadata;
}

export interface Clients {
  /**
   * Adds a client.
   * @param metadata by registered names; without `client_id`, one is generated
   * @returns `secret` if the client authenticates with one; it cannot be read again
   * @throws ClientError with all problems
   */
  add(
    metadata: Record<string, unknown>,
    options?: { secret?: string | undefined },
  ): Promise<{ client: Client; secret?: string }>;
  find(id: string): Promise<Client | undefined>;
  /** Ordered by id. `after`: the last id of the previous page. */
  list(page: { after?: string | undefined; limit: number }): Promise<Client[]>;
  /**
   * Generates a new secret. The newest previous one stays valid for `overlap` seconds (default: 7 days); older ones expire now.
   * @param options.sealed also seals it, so that the client can be changed to one whose secret is a key (`secret-key.ts`)
   * @throws ClientError when the client does not exist or does not authenticate with a secret
   */
  rotateSecret(
    id: string,
    options?: { overlap?: number | undefined; sealed?: boolean | undefined },
  ): Promise<{ client: Client; secret: string }>;
  /**
   * Changes the metadata of an added client. Instance, consents and tokens stay.
   * @returns `changed`: the names of the members that differ. `secret` if the client had none and authenticates with one now; it cannot be
   * read again
   * @throws ClientError with all problems, also when the client does not exist or is declared in the configuration file
   */
  update(id: string, change: Change): Promise<UpdatedClient>;
  /**
   * Makes a declared client that has left the configuration file an added one, so that a start does not remove it.
   * @throws ClientError when the client does not exist, is not declared, or is still in the file
   */
  release(id: string): Promise<Client>;
  /**
   * Makes a client that registered itself an added one, which the operator has checked: it can no longer change itself.
   * @throws ClientError when the client does not exist or did not register itself
   */
  accept(id: string): Promise<Client>;
  /** @throws ClientError when the client does not exist or is declared in the configuration file */
  remove(id: string): Promise<void>;
  /**
   * Updates the declared clients in the store to match the configuration file. Runs at every start.
   * @throws ConfigurationError with all problems, before any write
   */
  reconcile(declared: readonly DeclaredClient[]): Promise<Reconciliation>;
}

export interface UpdatedClient {
  client: Client;
  changed: string[];
  secret?: string;
}

/** Seconds. */
const DEFAULT_OVERLAP = 7 * 86_400;

export interface ClientsOptions extends MetadataContext {
  store: Pick<Store, 'clients'>;
  /** Of the one who makes the changes. */
  audit: ActorAudit;
  clock: Clock;
  sealer: SecretSealer;
  /** The file that declares a client, for messages; undefined when it is in none. */
  declaredIn?: ((id: string) => string | undefined) | undefined;
  /** Without it, a client with `sector_identifier_uri` cannot be added. */
  outbound?: Pick<Outbound, 'get'> | undefined;
}

export function createClients(options: ClientsOptions): Clients {
  return new StoredClients(options);
}

class StoredClients implements Clients {
  readonly #store: ClientStore;
  readonly #audit: ActorAudit;
  readonly #clock: Clock;
  readonly #context: MetadataContext;
  readonly #sealer: SecretSealer;
  readonly #declaredIn: (id: string) => string | undefined;
  readonly #outbound: Pick<Outbound, 'get'> | undefined;

  constructor(options: ClientsOptions) {
    const { store, audit, clock, sealer, outbound, declaredIn, ...context } = options;
    this.#outbound = outbound;
    this.#declaredIn = declaredIn ?? (() => undefined);
    this.#sealer = sealer;
    this.#store = store.clients;
    this.#audit = audit;
    this.#clock = clock;
    this.#context = context;
  }

  async add(
    metadata: Record<string, unknown>,
    { secret: given }: { secret?: string | undefined } = {},
  ): Promise<{ client: Client; secret?: string }> {
    const { registration, problems } = checkRegistration(
      { client_id: randomUUID(), ...metadata, ...(given !== undefined && { client_secret: given }) },
      this.#context,
    );
    if (problems.length === 0)
      problems.push(...(await sectorDocumentProblems(registration.metadata, this.#outbound)));
    if (problems.length > 0) throw new ClientError(problems);
    const { id, metadata: members } = registration;
    const secret = needsSecret(members) ? (registration.secret ?? generateSecret()) : undefined;
    const time = nowInSeconds(this.#clock);
    const instance = randomUUID();
    const client: Client = {
      id,
      instance,
      metadata: members,
      secrets: secret === undefined ? [] : [this.#stored(secret, { id, instance, metadata: members }, time)],
      source: 'added',
      createdAt: time,
      updatedAt: time,
    };
    try {
      await this.#store.create(client);
    } catch (error) {
      if (error instanceof ConflictError) throw new ClientError([`client_id: ${id} is taken`]);
      throw error;
    }
    this.#audit.record({ type: 'client.added', clientId: id });
    return { client, ...(secret !== undefined && { secret }) };
  }

  async find(id: string): Promise<Client | undefined> {
    const record = await this.#store.find(id);
    return record && toClient(record);
  }

  async list(page: { after?: string | undefined; limit: number }): Promise<Client[]> {
    return (await this.#store.list(page)).map(toClient);
  }

  async rotateSecret(
    id: string,
    {
      overlap = DEFAULT_OVERLAP,
      sealed,
    }: { overlap?: number | undefined; sealed?: boolean | undefined } = {},
  ): Promise<{ client: Client; secret: string }> {
    const secret = generateSecret();
    const time = nowInSeconds(this.#clock);
    // Computed inside the update: another process may rotate the secret at the same time.
    const changed = await this.#store.update(id, (current) => {
      const { metadata } = toClient(current);
      if (!needsSecret(metadata)) {
        throw new ClientError([
          `${id} authenticates with ${metadata.token_endpoint_auth_method}, not a secret`,
        ]);
      }
      const first = this.#stored(secret, current, time, sealed);
      return { ...current, secrets: [first, ...keptBesideNew(current, time, overlap)], updatedAt: time };
    });
    if (changed === undefined) throw noSuchClient(id);
    const detail = { overlap, ...(sealed === true && { sealed }) };
    this.#audit.record({ type: 'client.secret_rotated', clientId: id, detail });
    return { client: toClient(changed), secret };
  }

  async update(id: string, change: Change): Promise<UpdatedClient> {
    const secret = generateSecret();
    const time = nowInSeconds(this.#clock);
    let updated: UpdatedClient | undefined;
    const checked = await checkChangedSector(await this.find(id), change, this.#context, this.#outbound);
    // Computed inside the update: another process may change the client or rotate its secret at the same time.
    await this.#store.update(id, (record) => {
      this.#refuseDeclared(record, 'change');
      const current = toClient(record);
      const metadata = changedMetadata(current, change, this.#context);
      requireCheckedSector(current.metadata, metadata, checked);
      const changed = changedMembers(current.metadata, metadata);
      updated = { client: current, changed };
      if (changed.length === 0) return undefined;
      const isNew = needsSecret(metadata) && record.secrets.length === 0;
      const secrets = isNew
        ? [this.#stored(secret, { ...record, metadata }, time)]
        : keptFor(metadata, record, time);
      const client = { ...current, metadata, secrets, updatedAt: time };
      updated = { client, changed, ...(isNew && { secret }) };
      return client;
    });
    if (updated === undefined) throw noSuchClient(id);
    const { changed } = updated;
    if (changed.length > 0) {
      this.#audit.record({ type: 'client.changed', clientId: id, detail: { members: changed } });
    }
    return updated;
  }

  async release(id: string): Promise<Client> {
    const time = nowInSeconds(this.#clock);
    const file = this.#declaredIn(id);
    const released = await this.#store.update(id, (record) => {
      if (record.source !== 'declared') throw new ClientError([`${id} is not declared`]);
      if (file !== undefined) {
        throw new ClientError([
          `${id} is declared in ${file}; write \`release: true\` in its entry there, restart Signet, and remove the entry then`,
        ]);
      }
      return releasedRecord(record, time);
    });
    if (released === undefined) throw noSuchClient(id);
    this.#audit.record({ type: 'client.changed', clientId: id, detail: { source: 'added' } });
    return toClient(released);
  }

  #stored(
    secret: string,
    { metadata, ...owner }: Pick<ClientRecord, 'id' | 'instance' | 'metadata'>,
    createdAt: number,
    isKey = usesSecretAsKey(metadata),
  ): ClientSecret {
    return storedSecret(secret, createdAt, isKey ? { owner, sealer: this.#sealer } : undefined);
  }

  async accept(id: string): Promise<Client> {
    const time = nowInSeconds(this.#clock);
    const accepted = await this.#store.update(id, (record) => {
      if (record.source !== 'registered') throw new ClientError([`${id} did not register itself`]);
      return acceptedRecord(record, time);
    });
    if (accepted === undefined) throw noSuchClient(id);
    this.#audit.record({ type: 'client.changed', clientId: id, detail: { source: 'added' } });
    return toClient(accepted);
  }

  /** @param verb what the operator can do in the file */
  #refuseDeclared({ id, source }: ClientRecord, verb: 'change' | 'remove'): void {
    if (source !== 'declared') return;
    const file = this.#declaredIn(id) ?? 'the configuration file';
    throw new ClientError([`${id} is declared in ${file}; ${verb} it there`]);
  }

  async remove(id: string): Promise<void> {
    const record = await this.#store.find(id);
    if (record === undefined) throw noSuchClient(id);
    this.#refuseDeclared(record, 'remove');
    if (await this.#store.remove(id)) this.#audit.record({ type: 'client.removed', clientId: id });
  }

  reconcile(declared: readonly DeclaredClient[]): Promise<Reconciliation> {
    return reconcileClients(declared, {
      store: this.#store,
      audit: this.#audit,
      now: nowInSeconds(this.#clock),
      context: this.#context,
      sealer: this.#sealer,
    });
  }
}

function noSuchClient(id: string): ClientError {
  return new ClientError([`there is no client ${id}`]);
}

export function toClient(record: ClientRecord): Client {
  const metadata = withPkcePolicy(record.metadata);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- metadata is checked when it is written, not at every request
  return { ...record, metadata } as Client;
}
