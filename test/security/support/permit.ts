import { createPermit } from '../../../src/accounts/enrolment-permit.ts';
import { createLinks } from '../../../src/accounts/links.ts';
import type { UserAgent } from '../../support/user-agent.ts';
import type { Stage } from './stage.ts';

/** Lets a browser enrol a first factor with the password alone: as after an invitation in it. */
export async function permitEnrolment(
  { store, issuer }: Pick<Stage, 'store' | 'issuer'>,
  agent: UserAgent,
  person: { id: string; generation: number },
): Promise<void> {
  const links = createLinks({ artifacts: store.artifacts, clock: Date.now });
  agent.setCookie(`signet_enrolment=${await createPermit(links, person)}; path=/`, issuer);
}
