import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Mail } from '../../mail/mail.ts';
import type { AccountRecord, ChangeJobs, EmailChangeRecord, JobDraft, Store } from '../../store/store.ts';
import { type Account, toAccount } from '../accounts.ts';
import { translateConflict } from '../conflict.ts';
import type { LinkContent, Links } from '../links.ts';
import { verifiedAddress } from '../sign-in-name.ts';
import { restoredAccount } from './restored-account.ts';
import type { RevocationContext } from '../sessions.ts';

/**
 * Undoes a change of the email address (`email-change.ts`) from the former one. The link is not bound to the generation of the account,
 * because a thief could raise it. It belongs to one change in the details of the account; undoing that change undoes all later ones, too.
 */

export const UNDO_PATH = '/account/email/undo';

/** A change that a link is about. */
export interface LinkedChange {
  account: Account;
  /** The new address, or the one that is restored. */
  address: string;
}

export interface EmailUndo {
  findUndo(token: string): Promise<LinkedChange | undefined>;
  /**
   * Also ends sessions, tokens and links of the account, restores its factors as they were before the change, and removes its password.
   * @returns undefined for a void link
   */
  undo(token: string, context?: RevocationContext): Promise<LinkedChange | undefined>;
}

export interface EmailUndoOptions {
  store: Pick<Store, 'accounts' | 'artifacts'>;
  links: Links;
  mail: Mail;
  /** The job that sends a link with which the person chooses another password. */
  draftResetLink: (account: Pick<Account, 'id'>) => JobDraft;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
  /** Seconds that a revocation is stored. */
  revocationLifetime: number;
}

export function createEmailUndo(options: EmailUndoOptions): EmailUndo {
  const { store, links, mail, audit, clock } = options;
  return {
    async findUndo(token) {
      return (await undoOf(await links.find(token, 'email change undo'), store))?.linked;
    },
    async undo(token, context = {}) {
      const found = await undoOf(await links.find(token, 'email change undo'), store);
      if (found === undefined) return undefined;
      const { record, change, linked } = found;
      const replaced = verifiedAddress(record);
      const jobs: ChangeJobs = (changed) => {
        const { username } = changed;
        const tell = (to?: string) =>
          mail.draftNotice(changed, 'emailChangeUndone', { username }, { to, url: null });
        return [
          ...tell(),
          ...(replaced === undefined ? [] : tell(replaced)),
          ...(mail.isEnabled ? [options.draftResetLink(changed)] : []),
        ];
      };
      const restored = await translateConflict(
        store.accounts.update(
          record.id,
          (current) => restoredAccount(current, change, nowInSeconds(clock)),
          jobs,
        ),
      );
      // The change was undone once, because it is in the account no more. The link last: after a crash, it is still there.
      await links.use(token, 'email change undo');
      await store.artifacts.revokeAccount(record.id, nowInSeconds(clock) + options.revocationLifetime);
      // Another undo, of an earlier change, was first.
      if (restored === undefined) return undefined;
      audit.record({ type: 'account.email_change_undone', accountId: record.id, ...context });
      return { ...linked, account: toAccount(restored) };
    },
  };
}

async function undoOf(
  content: LinkContent | undefined,
  { accounts }: Pick<Store, 'accounts'>,
): Promise<{ record: AccountRecord; change: EmailChangeRecord; linked: LinkedChange } | undefined> {
  const record = content === undefined ? undefined : await accounts.find(String(content.account));
  const change = record?.details?.emailChanges?.find(({ id }) => id === content?.change);
  if (record === undefined || change === undefined) return undefined;
  return { record, change, linked: { account: toAccount(record), address: change.email } };
}
