import { setTimeout } from 'node:timers/promises';
import type { AccountFilter, AccountRecord, AccountStore } from '../store/store.ts';

/** Accounts that are read at a time. */
const PAGE_SIZE = 200;

/** So that sign-ins do not wait for a walk over all accounts. */
const PAUSE_MS = 20;

/**
 * All accounts that match, in pages, ordered by username.
 * @param options.isBackground pauses between two pages: no one waits for the end
 */
export async function* everyAccount(
  accounts: Pick<AccountStore, 'list'>,
  { isBackground = false, ...filter }: AccountFilter & { isBackground?: boolean } = {},
): AsyncGenerator<readonly AccountRecord[]> {
  let after: string | undefined;
  for (;;) {
    const page = await accounts.list({ ...filter, after, limit: PAGE_SIZE });
    yield page;
    if (page.length < PAGE_SIZE) return;
    after = page.at(-1)?.username;
    if (isBackground) await setTimeout(PAUSE_MS, undefined, { ref: false });
  }
}
