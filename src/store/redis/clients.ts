import { ConflictError } from '../errors.ts';
import type { ClientChange, ClientRecord, ClientStore } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import type { RedisJobs } from './jobs.ts';
import { keys } from './keys.ts';

/** Clients (applications), all in one slot of a cluster, so that a record and its place in the indexes change together. */
export class RedisClients implements ClientStore {
  readonly #redis: Connection;
  readonly #jobs: Pick<RedisJobs, 'removeOfClient'> | undefined;

  /** @param jobs absent where no client is removed */
  constructor(redis: Connection, jobs?: Pick<RedisJobs, 'removeOfClient'>) {
    this.#redis = redis;
    this.#jobs = jobs;
  }

  create(client: ClientRecord): Promise<void> {
    return this.#redis.operation(async () => {
      if ((await this.#write('createClient', client)) === 0)
        throw new ConflictError('the client id is taken');
    });
  }

  find(id: string): Promise<ClientRecord | undefined> {
    return this.#redis.operation(async () => {
      const text = await this.#redis.command((client) => client.get(keys.client(id)));
      return text === null ? undefined : decode(text);
    });
  }

  update(id: string, change: ClientChange): Promise<ClientRecord | undefined> {
    return this.#redis.replacement(keys.client(id), async () => {
      for (;;) {
        const text = await this.#redis.command((client) => client.get(keys.client(id)));
        const values = text === null ? undefined : change(decode(text));
        if (text === null || !values) return undefined;
        const changed = { ...values, id };
        if ((await this.#write('replaceClient', changed, text)) === 1) return changed;
      }
    });
  }

  async remove(id: string): Promise<boolean> {
    const removed = await this.#redis.operation(async () => {
      const touched = [keys.client(id), keys.clientIds(), ...SOURCES.map((source) => keys.clientIds(source))];
      return (await this.#redis.runDurably('removeClient', touched, [id])) === 1;
    });
    await this.#jobs?.removeOfClient(id);
    return removed;
  }

  list(page: {
    after?: string | undefined;
    limit: number;
    source?: ClientRecord['source'] | undefined;
  }): Promise<ClientRecord[]> {
    const { after = '', limit, source } = page;
    return this.#redis.operation(async () => {
      const from = after === '' ? '-' : `(${after}`;
      const ids = await this.#redis.command((client) =>
        client.zrange(keys.clientIds(source), from, '+', 'BYLEX', 'LIMIT', 0, limit),
      );
      if (ids.length === 0) return [];
      const records = await this.#redis.command((client) => client.mget(ids.map(keys.client)));
      // A version before 0.2 removes a client from the sets of the sources that it knows.
      return records
        .filter((text) => text !== null)
        .map(decode)
        .filter((record) => source === undefined || record.source === source);
    });
  }

  #write(
    script: 'createClient' | 'replaceClient',
    client: ClientRecord,
    ...current: string[]
  ): Promise<unknown> {
    const { id, source } = client;
    const others = SOURCES.filter((other) => other !== source).map((other) => keys.clientIds(other));
    const touched = [keys.client(id), keys.clientIds(), keys.clientIds(source), ...others];
    return this.#redis.runDurably(script, touched, [id, JSON.stringify(client), ...current]);
  }
}

const SOURCES: readonly ClientRecord['source'][] = ['declared', 'added', 'registered'];

function decode(text: string): ClientRecord {
  return JSON.parse(text);
}
