import type { ScaleCores } from './machine/cores.ts';
import type { Plan } from './options.ts';

/** What every scenario needs. */
export interface Bench {
  plan: Plan;
  /** The core of the servers; undefined where nothing can be pinned. */
  core: number | undefined;
  /** For what is measured on one core and on two; undefined where nothing can be pinned. */
  scaleCores: ScaleCores | undefined;
  /** Makes a directory that is removed when the run ends. */
  makeDirectory: (name: string) => string;
  /** Prints progress. */
  say: (progress: string) => void;
}
