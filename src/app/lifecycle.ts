import { setTimeout as sleep } from 'node:timers/promises';
import { flushLog, type Logger } from '../observability/log.ts';

export interface CloseOptions {
  /** Milliseconds to keep serving after `ready` has begun to fail, so that load balancers which ask it notice. */
  delay?: number | undefined;
  /** Milliseconds in which an idle connection may still bring one request. */
  grace?: number | undefined;
}

/** The parts of a running server that end with it. */
export interface ClosableParts {
  readiness: { drain(): void };
  listener: { drain(grace?: number): Promise<void> };
  management: { drain(): Promise<void> };
  watcher: { stop(): void };
  decryption: { stop(): void } | undefined;
  sweeper: { stop(): void };
  indexing: { stop(): void };
  jobs: { stop(): Promise<void> };
  audit: { close(): Promise<void> };
  hsm: { close(): Promise<void> } | undefined;
  store: { close(): Promise<void> };
  log: Logger;
}

/**
 * @returns a function that shuts the server down in order: it accepts no new requests, finishes those under way, stops background work, and
 * closes audit trail, HSM and store
 */
export function createClose(parts: ClosableParts): (options?: CloseOptions) => Promise<void> {
  const {
    readiness,
    listener,
    management,
    watcher,
    decryption,
    sweeper,
    indexing,
    jobs,
    audit,
    hsm,
    store,
    log,
  } = parts;
  return async ({ delay = 0, grace } = {}) => {
    readiness.drain();
    if (delay > 0) await sleep(delay);
    await listener.drain(grace);
    await management.drain();
    watcher.stop();
    decryption?.stop();
    sweeper.stop();
    indexing.stop();
    await jobs.stop();
    await audit.close();
    await hsm?.close();
    await store.close();
    await flushLog(log);
  };
}
