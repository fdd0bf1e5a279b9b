import { GrantRevokedError } from '../../src/store/errors.ts';
import type { ArtifactStore } from '../../src/store/store.ts';

/** Whether a store rejects writes under a grant. What the probe writes otherwise has already expired. */
export async function isGrantRevoked(artifacts: ArtifactStore, grantId: string): Promise<boolean> {
  try {
    await artifacts.upsert('Interaction', `probe-${grantId}`, { payload: {}, expiresAt: 0, grantId });
    return false;
  } catch (error) {
    if (error instanceof GrantRevokedError) return true;
    throw error;
  }
}
