import { DEMO_ACCOUNT } from '../config/demo.ts';
import type { Accounts } from './accounts.ts';

/** Adds the demo account unless it exists. Several processes may do so at the same time. */
export async function addDemoAccount(accounts: Accounts): Promise<void> {
  const exists = async () => (await accounts.findByUsername(DEMO_ACCOUNT.username)) !== undefined;
  if (await exists()) return;
  try {
    await accounts.add({ ...DEMO_ACCOUNT, skipPasswordRules: true, takesReserved: true });
  } catch (error) {
    if (!(await exists())) throw error;
  }
}
