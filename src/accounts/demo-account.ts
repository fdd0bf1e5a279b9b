import { DEMO_ACCOUNT } from '../config/demo.ts';
import type { Accounts } from './accounts.ts';

/** Adds the account of the demo, once; several processes may start at the same moment. */
export async function addDemoAccount(accounts: Accounts): Promise<void> {
  const there = async () => (await accounts.findByUsername(DEMO_ACCOUNT.username)) !== undefined;
  if (await there()) return;
  try {
    await accounts.add({ ...DEMO_ACCOUNT, skipPasswordRules: true });
  } catch (error) {
    if (!(await there())) throw error;
  }
}
