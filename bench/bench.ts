import type { Plan } from './options.ts';

/** What every scenario needs to know. */
export interface Bench {
  plan: Plan;
  /** The core of the servers; undefined where nothing can be pinned. */
  core: number | undefined;
  /** Makes a fresh directory that goes when the run ends. */
  makeDirectory: (name: string) => string;
  /** Tells whoever watches what is being done. */
  say: (progress: string) => void;
}
