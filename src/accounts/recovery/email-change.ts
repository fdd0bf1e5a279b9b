import { randomUUID } from 'node:crypto';
import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { issuerUrl } from '../../config/issuer.ts';
import type { Mail } from '../../mail/mail.ts';
import { type EmailChangeRecord, emailKey, type Store } from '../../store/store.ts';
import { type Account, toAccount } from '../accounts.ts';
import { parseClaims } from '../claims.ts';
import { translateConflict } from '../conflict.ts';
import { AccountError } from '../errors.ts';
import type { LinkContent, Links } from '../links.ts';
import { createReservedNames, EMAIL_RESERVATION } from '../reserved-names.ts';
import { requireOwnAddress, verifiedAddress } from '../sign-in-name.ts';
import type { RevocationContext } from '../sessions.ts';
import { languageOf } from './reset-link.ts';
import { type LinkedChange, UNDO_PATH } from './email-undo.ts';

/**
 * Another email address for an account. The mails that reset the password go to the address, so the former address can undo the change
 * for seven days, and what else was changed since.
 *
 *     request ──▶ link to the new address ──POST, 1 hour──▶ changed ──▶ notices to both addresses
 *                                                              └──link to the former address, POST, 7 days──▶ undone
 *
 * `email-undo.ts` undoes it.
 */

/** Seconds. */
const VERIFY_LIFETIME = 3600;
const UNDO_LIFETIME = EMAIL_RESERVATION;

export const VERIFY_PATH = '/account/email/verify';

export interface EmailChanges {
  /**
   * Sends the link to the new address, whether or not another account has it.
   * @throws AccountError for a text that is no address, or the present one
   */
  request(account: Account, address: string, context?: RevocationContext): Promise<void>;
  findRequest(token: string): Promise<LinkedChange | undefined>;
  /** @returns undefined for a void link @throws AccountError when another account has the address, or had it until recently */
  verify(token: string, context?: RevocationContext): Promise<LinkedChange | undefined>;
}

export interface EmailChangeOptions {
  store: Pick<Store, 'accounts' | 'artifacts'>;
  links: Links;
  mail: Mail;
  audit: Pick<Audit, 'record'>;
  issuer: string;
  clock: Clock;
}

export function createEmailChanges(options: EmailChangeOptions): EmailChanges {
  const { store, links, mail, audit } = options;
  const url = (path: string, token: string) => `${issuerUrl(options.issuer, path)}?token=${token}`;

  async function findRequest(token: string): Promise<LinkedChange | undefined> {
    return await requested(await links.find(token, 'email change'), store);
  }

  return {
    async request({ id, generation, claims }, address, context = {}) {
      const { email } = parseClaims({ email: address });
      if (emailKey(email) === emailKey(claims.email) && claims.email_verified === true)
        throw new AccountError(['email: is the address of the account already']);
      const content = { accountId: id, generation, from: claims.email, to: email };
      const token = await links.create('email change', content, VERIFY_LIFETIME);
      const language = languageOf({ claims });
      const lifetime = VERIFY_LIFETIME;
      const link = url(VERIFY_PATH, token);
      await mail.send('email-change', {
        to: String(email),
        accountId: id,
        language,
        url: link,
        lifetime,
        values: { lifetime },
      });
      audit.record({ type: 'account.email_change_requested', accountId: id, ...context });
    },
    findRequest,
    async verify(token, context = {}) {
      const found = await findRequest(token);
      if (found === undefined || (await links.use(token, 'email change')) === undefined) return undefined;
      const { account, address } = found;
      const former = verifiedAddress(account);
      const change = await changeAddress(account, address, options);
      if (change === undefined) return undefined;
      audit.record({ type: 'account.email_changed', accountId: account.id, ...context });
      if (former !== undefined) {
        const content = { account: account.id, change: change.id };
        const undo = await links.create('email change undo', content, UNDO_LIFETIME);
        const values = { address, username: account.username };
        await mail.notice(account, 'email_changed', values, { to: former, url: url(UNDO_PATH, undo) });
      }
      await mail.notice(account, 'email_confirmed', { username: account.username }, { to: address });
      return found;
    },
  };
}

async function requested(
  content: LinkContent | undefined,
  { accounts }: Pick<EmailChangeOptions['store'], 'accounts'>,
): Promise<LinkedChange | undefined> {
  if (content?.accountId === undefined) return undefined;
  const record = await accounts.find(content.accountId);
  if (record === undefined || record.disabled || record.generation !== content.generation) return undefined;
  // Another address was confirmed meanwhile.
  if (emailKey(record.claims.email) !== emailKey(content.from)) return undefined;
  return { account: toAccount(record), address: String(content.to) };
}

/** @returns undefined when the account has changed since */
async function changeAddress(
  { id, generation, claims: before }: Account,
  address: string,
  { store, clock }: EmailChangeOptions,
): Promise<EmailChangeRecord | undefined> {
  const now = nowInSeconds(clock);
  const names = createReservedNames({ artifacts: store.artifacts, clock });
  const former = emailKey(before.email);
  if (former !== undefined && before.email_verified === true) await names.reserve('email', former, id);
  const record = await store.accounts.find(id);
  // A username that is the address follows it.
  const follows = record?.username === former;
  if (record !== undefined && follows) await names.reserve('username', record.username, id);
  const change = { id: randomUUID(), at: now, until: now + UNDO_LIFETIME };
  let made: EmailChangeRecord | undefined;
  const update = store.accounts.update(id, (current) => {
    if (current.generation !== generation || emailKey(current.claims.email) !== former) return undefined;
    const claims = parseClaims({ ...current.claims, email: address, email_verified: true }, current.claims);
    const username = follows && emailKey(address) !== undefined ? emailKey(address)! : current.username;
    requireOwnAddress({ username, claims }, current);
    const { emailChanges = [], factors } = current.details ?? {};
    made = { ...change, email: String(current.claims.email), username: current.username, factors };
    const kept = emailChanges.filter(({ until }) => until > now);
    const isUndoable = current.claims.email_verified === true;
    const details = { ...current.details, emailChanges: isUndoable ? [...kept, made] : kept };
    return { username, claims, details, updatedAt: now };
  });
  const changed = await translateConflict(update);
  if (changed === undefined || record === undefined) return undefined;
  const conflict = await names.conflict(changed, record);
  if (conflict !== undefined) {
    const { username, claims, details } = record;
    await store.accounts.update(id, () => ({ username, claims, details }));
    throw conflict;
  }
  return made;
}
