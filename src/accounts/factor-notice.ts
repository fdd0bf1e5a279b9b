import type { Mail } from '../mail/mail.ts';
import type { Message } from '../messages/messages.ts';
import type { Account } from './accounts.ts';

/** A factor of an account, as the audit trail and mails name it. */
export type FactorName = 'totp' | 'passkey' | 'security_key' | 'recovery_codes';

const WORDS: Readonly<Record<FactorName, Message>> = {
  totp: { key: 'mail.factors.totp' },
  passkey: { key: 'mail.factors.passkey' },
  security_key: { key: 'mail.factors.securityKey' },
  recovery_codes: { key: 'mail.factors.recoveryCodes' },
};

/** Tells a person by mail that the account has another factor, or one less. @throws StoreUnavailableError */
export async function noticeFactor(
  mail: Pick<Mail, 'notice'>,
  account: Pick<Account, 'id' | 'claims' | 'username'>,
  change: 'added' | 'removed',
  factor: FactorName,
): Promise<void> {
  const name = change === 'added' ? 'factorAdded' : 'factorRemoved';
  await mail.notice(account, name, { username: account.username, factor: WORDS[factor] });
}
