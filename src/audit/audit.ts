import type { Clock } from '../clock.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import type { AuditEvent, Store } from '../store/store.ts';
import type { AuditEventType } from './events.ts';

/**
 * The audit trail: events are buffered and written to the store in batches, so that recording never delays or fails a request. This
 * folder owns the event types (`events.ts`), the buffer, and the report of who has read the published keys (`key-readers.ts`). It
 * does not own storage, queries or retention: those are the store's. All folders above record events.
 */

/** The longest time an event waits in the buffer while the store is available. */
const BATCH_INTERVAL_MS = 100;
const BATCH_SIZE = 200;
/** Time until the next attempt after the store was unavailable. */
const RETRY_INTERVAL_MS = 1000;
const MAX_BUFFERED_EVENTS = 10_000;

/** An event without its time, which `record` adds. */
export type AuditEntry = Omit<AuditEvent, 'at' | 'type'> & { type: AuditEventType };

export interface Audit {
  /** Buffers an event and returns at once. Drops and counts it when 10,000 events are buffered, or after `close`. */
  record(entry: AuditEntry): void;
  /** Resolves after one attempt to write all buffered events. Never rejects. */
  flush(): Promise<void>;
  /** Makes one attempt to write the buffered events, and drops the rest. */
  close(): Promise<void>;
  /** Events lost since the start. */
  readonly dropped: number;
}

/** @param options.onError called for each failed batch; it is retried if the store was unavailable, and dropped otherwise */
export function createAudit(options: {
  store: Pick<Store, 'audit'>;
  clock: Clock;
  onError: (error: unknown) => void;
}): Audit {
  const { store, clock, onError } = options;
  const buffer: AuditEvent[] = [];
  let dropped = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  function schedule(delay: number): void {
    timer ??= setTimeout(() => void write(), delay).unref();
  }

  function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(drain);
    return writing;
  }

  /** Writes the events that are buffered at its start; later events wait for the next batch. */
  async function drain(): Promise<void> {
    let remaining = buffer.length;
    while (remaining > 0) {
      const batch = buffer.slice(0, Math.min(BATCH_SIZE, remaining));
      try {
        await store.audit.append(batch);
      } catch (error) {
        onError(error);
        if (error instanceof StoreUnavailableError) {
          if (!closed) schedule(RETRY_INTERVAL_MS);
          return;
        }
        dropped += batch.length;
      }
      buffer.splice(0, batch.length);
      remaining -= batch.length;
    }
    if (buffer.length > 0) schedule(BATCH_INTERVAL_MS);
  }

  return {
    record(entry) {
      if (closed || buffer.length >= MAX_BUFFERED_EVENTS) {
        dropped += 1;
        return;
      }
      buffer.push({ at: clock(), ...entry });
      if (buffer.length === BATCH_SIZE) void write();
      else schedule(BATCH_INTERVAL_MS);
    },
    flush: write,
    async close() {
      closed = true;
      await write();
      clearTimeout(timer);
      dropped += buffer.splice(0).length;
    },
    get dropped() {
      return dropped;
    },
  };
}
