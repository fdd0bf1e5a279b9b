import type { Clock } from '../clock.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import type { AuditEvent, Store } from '../store/store.ts';
import type { AuditEventType } from './events.ts';

/**
 * The audit trail on its way to the store: buffered and written in batches, so that recording never delays or fails a
 * request. Owns the buffer; `events.ts` owns the names, the store owns retention.
 */

/** Milliseconds that an event may wait for company. */
const BATCH_INTERVAL = 100;
const BATCH_SIZE = 200;
/** Milliseconds before a store that was unavailable is asked again. */
const RETRY_INTERVAL = 1000;
const CAPACITY = 10_000;

/** An event as it is reported; the time is added here. */
export type AuditEntry = Omit<AuditEvent, 'at' | 'type'> & { type: AuditEventType };

export interface Audit {
  /** Takes an event and returns at once. Beyond 10,000 unwritten events, and after `close`, it is dropped and counted. */
  record(entry: AuditEntry): void;
  /** Resolves when everything recorded before has been written, or could not be. Never rejects. */
  flush(): Promise<void>;
  /** Writes what is left, once, and takes nothing more. */
  close(): Promise<void>;
  /** Events that were lost since the start. */
  readonly dropped: number;
}

/**
 * @param options.onError told about every batch that could not be written; those refused by an unavailable store are tried again
 */
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

  /** Writes what was buffered when it began; later events wait for the next batch. */
  async function drain(): Promise<void> {
    let remaining = buffer.length;
    while (remaining > 0) {
      const batch = buffer.slice(0, Math.min(BATCH_SIZE, remaining));
      try {
        await store.audit.append(batch);
      } catch (error) {
        onError(error);
        if (error instanceof StoreUnavailableError) {
          if (!closed) schedule(RETRY_INTERVAL);
          return;
        }
        dropped += batch.length;
      }
      buffer.splice(0, batch.length);
      remaining -= batch.length;
    }
    if (buffer.length > 0) schedule(BATCH_INTERVAL);
  }

  return {
    record(entry) {
      if (closed || buffer.length >= CAPACITY) {
        dropped += 1;
        return;
      }
      buffer.push({ at: clock(), ...entry });
      if (buffer.length === BATCH_SIZE) void write();
      else schedule(BATCH_INTERVAL);
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
