import type { Config } from '../config/config.ts';

/** What the primary and its workers tell each other. */

/** The environment variable in which a worker finds its number. */
export const NUMBER_VARIABLE = 'WORKER_NUMBER';

export type ToWorker =
  /** Finish and leave. `grace`: milliseconds in which an idle connection may still bring one request. */
  { type: 'drain'; grace: number } | { type: 'ask'; id: number; question: Question };

export type ToPrimary =
  | { type: 'serving'; settings: ServingSettings }
  /** Sent every second: the event loop turns. */
  | { type: 'alive' }
  /** This worker serves, and asks for another in its place. */
  | { type: 'replace'; reason: string }
  | { type: 'answer'; id: number; text: string }
  | { type: 'refusal'; id: number; text: string };

/** `ready`: can you do your work? `alive`: can you, without a restart? `metrics`: what `/metrics` shows of you. */
export type Question = 'ready' | 'alive' | 'metrics';

/** What a worker learned from the configuration, so that the primary need not read it. */
export interface ServingSettings extends Pick<Config, 'issuer' | 'mode' | 'host' | 'management' | 'log'> {
  /** Port that it listens on. */
  port: number;
}
