import type { ScaleCores } from './machine/cores.ts';
import type { Plan } from './options.ts';

/** What every scenario needs to know. */
export interface Bench {
  plan: Plan;
  /** The core of the servers; undefined where nothing can be pinned. */
  core: number | undefined;
  /** For what is measured on one core and on two; undefined where nothing can be pinned. */
  scaleCores: ScaleCores | undefined;
  /** Makes a fresh directory that goes when the run ends. */
  makeDirectory: (name: string) => string;
  /** Tells whoever watches what is being done. */
  say: (progress: string) => void;
}
