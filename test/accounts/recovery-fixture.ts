import { createAccounts } from '../../src/accounts/accounts.ts';
import type { Audit, AuditEntry } from '../../src/audit/audit.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { createRecovery, type Recovery } from '../../src/app/recovery.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Mail, MailRequest } from '../../src/mail/mail.ts';
import type { Sealer } from '../../src/signing/sealing/sealer.ts';
import { type AccountsFixture, openAccounts, REVOCATION_LIFETIME, SETTINGS } from './fixture.ts';

/** A mail as a module has requested it. */
export interface Requested extends Partial<MailRequest> {
  name: string;
  to: string;
}

export interface RecoveryFixture extends AccountsFixture {
  readonly recovery: Recovery;
  /** Of the audit trail. */
  readonly events: AuditEntry[];
  /** Those since the last call. */
  mails(): Requested[];
}

/** Recovery on a database of its own, with mails that are only recorded. */
export async function openRecovery(): Promise<RecoveryFixture> {
  const fixture = await openAccounts();
  const sent: Requested[] = [];
  const mail: Mail = {
    isEnabled: true,
    async send(name, request) {
      sent.push({ name, ...request });
    },
    draftNotice({ claims }, name, values, { to, url } = {}) {
      const address = to ?? (claims.email_verified === true ? String(claims.email) : undefined);
      if (address !== undefined) sent.push({ name, to: address, values, url: url ?? undefined });
      return [];
    },
    notice: () => Promise.reject(new Error('a notice of what is no change')),
  };
  const clock = () => fixture.now * 1000;
  const events: AuditEntry[] = [];
  const record = (entry: AuditEntry) => void events.push(entry);
  const audit = { record, as: () => ({ record: () => {} }) } as unknown as Audit;
  const { store } = fixture;
  const recovery = createRecovery({
    store,
    mail,
    sealer: { seal: () => 'sealed' } as unknown as Sealer,
    audit,
    clock,
    config: parseConfig({ issuer: 'https://id.example' }),
    accountsAs: () =>
      createAccounts({
        store,
        passwords: createPasswords(SETTINGS),
        audit: { record: () => {} },
        clock,
        revocationLifetime: REVOCATION_LIFETIME,
      }),
  });
  return Object.assign(fixture, { recovery, events, mails: () => sent.splice(0) });
}

/** The token of the link in a mail. */
export function tokenIn(mail: Requested | undefined): string {
  return new URL(mail?.url ?? 'none:').searchParams.get('token') ?? '';
}
