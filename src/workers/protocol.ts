import type { Config } from '../config/config.ts';

/** Messages between the primary and its workers, over the IPC channel of `node:cluster`. */

/** Environment variable that holds the number of a worker. */
export const NUMBER_VARIABLE = 'WORKER_NUMBER';

export type ToWorker =
  /** Finish the requests under way and exit. `grace`: milliseconds in which an idle connection may still send one request. */
  | { type: 'drain'; grace: number }
  /** Answered by a `result` or a `failure` with the same id. */
  | { type: 'call'; id: number; method: WorkerMethod };

export type ToPrimary =
  | { type: 'serving'; settings: ServingSettings }
  /** Sent every second while the event loop runs. */
  | { type: 'heartbeat' }
  /** The worker still serves and asks for a replacement. */
  | { type: 'replace'; reason: string }
  | { type: 'result'; id: number; text: string }
  | { type: 'failure'; id: number; message: string };

/** `ready`: can it do its work? `alive`: can it answer requests without a restart? `metrics`: its part of `/metrics`. */
export type WorkerMethod = 'ready' | 'alive' | 'metrics';

/** Settings that a worker reports, so that the primary does not read the configuration. */
export interface ServingSettings extends Pick<Config, 'issuer' | 'mode' | 'host' | 'management' | 'log'> {
  /** The port that it listens on. */
  port: number;
}
