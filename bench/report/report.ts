import type { Environment } from '../machine/environment.ts';
import type { Row } from './row.ts';
import type { ScaleSection } from './scale.ts';
import type { Summary } from './statistics.ts';
import type { StoreCountsSection } from './store-counts.ts';

/** The results of a run. */
export interface Report {
  mode: 'full' | 'quick';
  environment: Environment;
  cautions: string[];
  /** RSA-2048 SHA-256 signatures a second on the server core; undefined when that part was left out. */
  ceiling: Summary | undefined;
  /** What operations of Signet cost in its store. */
  counts: StoreCountsSection[];
  /** Signet beside plain oidc-provider. */
  rows: Row[];
  /** Signet beside more of itself. */
  scale: ScaleSection[];
}
