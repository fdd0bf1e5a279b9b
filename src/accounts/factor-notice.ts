import type { Mail } from '../mail/mail.ts';
import type { Message } from '../messages/messages.ts';
import type { ChangeJobs } from '../store/store.ts';
import { changeNotice } from './change-notice.ts';

/** A factor of an account, as the audit trail and mails name it. */
export type FactorName = 'totp' | 'passkey' | 'security_key' | 'recovery_codes';

export type FactorChange = 'added' | 'removed';

const WORDS: Readonly<Record<FactorName, Message>> = {
  totp: { key: 'mail.factors.totp' },
  passkey: { key: 'mail.factors.passkey' },
  security_key: { key: 'mail.factors.securityKey' },
  recovery_codes: { key: 'mail.factors.recoveryCodes' },
};

/** The mail that tells a person that the account has another factor, or one less, as a part of that change. */
export function factorNotice(
  mail: Pick<Mail, 'draftNotice'>,
  change: FactorChange,
  factor: FactorName,
): ChangeJobs {
  const name = change === 'added' ? 'factorAdded' : 'factorRemoved';
  return changeNotice(mail, name, { factor: WORDS[factor] });
}
