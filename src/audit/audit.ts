import type { Clock } from '../clock.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import type { AuditActor, AuditEvent, AuditStore, Store } from '../store/store.ts';
import type { AuditEventType, NamedActorType } from './events.ts';

/**
 * The audit trail: events are buffered and written to the store in batches, so that recording never delays or fails a request. This
 * folder owns the event types (`events.ts`), the buffer, queries by actor, target and outcome (`search.ts`), and the report of who has read
 * the published keys (`key-readers.ts`). It does not own storage, indexes or retention: those are the store's. All folders above record events.
 */

/** The longest time an event waits in the buffer while the store is available. */
const BATCH_INTERVAL_MS = 100;
const BATCH_SIZE = 200;
/** Time until the next attempt after the store was unavailable. */
const RETRY_INTERVAL_MS = 1000;
const MAX_BUFFERED_EVENTS = 10_000;

type Facts = Omit<AuditEvent, 'at' | 'type' | 'actor'>;

/** An event without its time, which `record` adds. It names its actor exactly when its type does not imply one. */
export type AuditEntry = Facts &
  (
    | { type: Exclude<AuditEventType, NamedActorType>; actor?: never }
    | { type: NamedActorType; actor: AuditActor }
  );

/** An event whose actor is known to an `ActorAudit`. */
export type ActorEntry = Facts & { type: NamedActorType };

/** Where an event comes from. */
export type EventOrigin = Pick<Facts, 'ip' | 'traceId'>;

/** Records the events of one actor. */
export interface ActorAudit {
  record(entry: ActorEntry): void;
}

export interface Audit {
  /** Buffers an event and returns at once. Drops and counts it when 10,000 events are buffered, or after `close`. */
  record(entry: AuditEntry): void;
  /** For parts that act for others and do not know for whom. @param origin of the request that makes them act */
  as(actor: AuditActor, origin?: EventOrigin): ActorAudit;
  /** Resolves after one attempt to write all buffered events. Never rejects. */
  flush(): Promise<void>;
  /** Makes one attempt to write the buffered events, and drops the rest. */
  close(): Promise<void>;
  /** Events lost since the start. */
  readonly dropped: number;
}

export interface AuditOptions {
  store: Pick<Store, 'audit'>;
  clock: Clock;
  /** Called for each failed batch; it is retried if the store was unavailable, and dropped otherwise. */
  onError: (error: unknown) => void;
}

export function createAudit(options: AuditOptions): Audit {
  return new BufferedAudit(options);
}

class BufferedAudit implements Audit {
  readonly #store: AuditStore;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #buffer: AuditEvent[] = [];
  #dropped = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing = Promise.resolve();

  constructor({ store, clock, onError }: AuditOptions) {
    this.#store = store.audit;
    this.#clock = clock;
    this.#onError = onError;
  }

  get dropped(): number {
    return this.#dropped;
  }

  record(entry: AuditEntry): void {
    if (this.#closed || this.#buffer.length >= MAX_BUFFERED_EVENTS) {
      this.#dropped += 1;
      return;
    }
    this.#buffer.push({ at: this.#clock(), ...entry });
    if (this.#buffer.length === BATCH_SIZE) void this.flush();
    else this.#schedule(BATCH_INTERVAL_MS);
  }

  as(actor: AuditActor, origin: EventOrigin = {}): ActorAudit {
    return { record: (entry) => this.record({ ...origin, ...entry, actor }) };
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeBatches());
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
    this.#dropped += this.#buffer.splice(0).length;
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), delay).unref();
  }

  /** Writes the events that are buffered at its start; later events wait for the next batch. */
  async #writeBatches(): Promise<void> {
    let remaining = this.#buffer.length;
    while (remaining > 0) {
      const batch = this.#buffer.slice(0, Math.min(BATCH_SIZE, remaining));
      try {
        await this.#store.append(batch);
      } catch (error) {
        this.#onError(error);
        if (error instanceof StoreUnavailableError) {
          if (!this.#closed) this.#schedule(RETRY_INTERVAL_MS);
          return;
        }
        this.#dropped += batch.length;
      }
      this.#buffer.splice(0, batch.length);
      remaining -= batch.length;
    }
    if (this.#buffer.length > 0) this.#schedule(BATCH_INTERVAL_MS);
  }
}
