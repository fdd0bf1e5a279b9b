import { readFileSync } from 'node:fs';
import type { MailContent } from '../../src/mail/rendered-mail.ts';

/** What every mail of the catalogue is made of: for tests, and for the pictures that `test/browser/preview.ts` takes. */

type Parts = Readonly<Partial<Record<'subject' | 'action', string>>>;

/** Every value that a mail has. */
const VALUES = {
  username: 'alice',
  name: 'Alice',
  address: 'alice@example.com',
  browser: { key: 'mail.browsers.nameAndSystem', values: { name: 'Firefox', system: 'Linux' } },
  factor: { key: 'mail.factors.totp' },
  at: 1_800_000_000,
  since: 1_800_000_000,
  seconds: 1800,
  lifetime: 1800,
  delay: 86_400,
  left: 3,
  count: 3,
};

export const ISSUER = 'https://id.example.com/auth';
const URL_OF_LINK = `${ISSUER}/x?token=0123456789abcdefghijklmnopqrstuvwxyzABCDEFG&b`;

/** Mails for people to type something, and the last one of an account: they have no button, or one of their own. */
const WITH_CODE: Readonly<Record<string, string>> = { confirmation: '1234 5678', emailSignIn: '1234 5678' };
const WITHOUT_LINK: ReadonlySet<string> = new Set(['confirmation', 'accountRemoved']);

const catalogue = JSON.parse(
  readFileSync(new URL('../../locales/en/mail.json', import.meta.url), 'utf8'),
) as Record<string, string | Parts>;

export interface MailSample {
  name: string;
  content: MailContent;
}

export const MAIL_SAMPLES: readonly MailSample[] = Object.entries(catalogue).flatMap(([name, parts]) => {
  if (typeof parts === 'string' || parts.subject === undefined) return [];
  return [{ name, content: { values: VALUES, code: WITH_CODE[name], ...linkOf(name, parts) } }];
});

/** A notice without an action of its own leads to the account's page. */
function linkOf(name: string, { action }: Parts): Pick<MailContent, 'url' | 'opensAccount'> {
  if (WITHOUT_LINK.has(name)) return {};
  return action === undefined ? { url: `${ISSUER}/account`, opensAccount: true } : { url: URL_OF_LINK };
}
