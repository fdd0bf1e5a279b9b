import { randomUUID } from 'node:crypto';
import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Mail } from '../../mail/mail.ts';
import {
  type AccountRecord,
  type EmailChangeRecord,
  emailKey,
  type JobDraft,
  type Store,
} from '../../store/store.ts';
import { languageOf } from '../account-language.ts';
import { type Account, toAccount } from '../accounts.ts';
import { parseClaims } from '../claims.ts';
import { translateConflict } from '../conflict.ts';
import { AccountError } from '../errors.ts';
import { accountOfLink, type LinkContent, type Links, linkUrl } from '../links.ts';
import { createReservedNames, EMAIL_RESERVATION } from '../reserved-names.ts';
import { requireOwnAddress, verifiedAddress } from '../sign-in-name.ts';
import type { RevocationContext } from '../sessions.ts';
import { asUsername } from '../username.ts';
import { type LinkedChange, UNDO_PATH } from './email-undo.ts';

/**
 * Another email address for an account. The mails that reset the password go to the address, so the former address can undo the change
 * for seven days, and what else was changed since.
 *
 *     request ──▶ link to the new address ──POST by the person, 1 hour──▶ changed, notices to both addresses
 *                                                                           └──link to the former address, POST, 7 days──▶ undone
 *
 * The person is signed in to confirm it: the new address may be another person's, by a typing error. The link in the notice to the former
 * address is the only way back for its owner, so the notices are enqueued with the change. `email-undo.ts` undoes it.
 */

/** Seconds. */
const VERIFY_LIFETIME = 3600;
const UNDO_LIFETIME = EMAIL_RESERVATION;

/** Changes of an account that can be undone. Each has a copy of the factors, and every sign-in reads them. */
const MAX_CHANGES = 10;

export const VERIFY_PATH = '/account/email/verify';

export interface EmailChanges {
  /**
   * Sends the link to the new address, whether or not another account has it.
   * @throws AccountError for a text that is no address, or the present one
   */
  request(account: Account, address: string, context?: RevocationContext): Promise<void>;
  /** @param accountId of the person who is signed in @returns undefined for a void link, and for that of another person */
  findRequest(token: string, accountId: string): Promise<LinkedChange | undefined>;
  /** @returns as `findRequest` @throws AccountError when another account has the address, or had it until recently */
  verify(token: string, accountId: string, context?: RevocationContext): Promise<LinkedChange | undefined>;
}

export interface EmailChangeOptions {
  store: Pick<Store, 'accounts' | 'artifacts' | 'jobs'>;
  links: Links;
  mail: Mail;
  audit: Pick<Audit, 'record'>;
  issuer: string;
  clock: Clock;
}

export function createEmailChanges(options: EmailChangeOptions): EmailChanges {
  const { store, links, mail, audit } = options;

  async function findRequest(token: string, accountId: string): Promise<LinkedChange | undefined> {
    const found = await requested(await links.find(token, 'email change'), store);
    return found?.account.id === accountId ? found : undefined;
  }

  return {
    async request({ id, generation, username, claims }, address, context = {}) {
      const { email } = parseClaims({ email: address });
      if (followsAddress({ username, claims })) requireUsername(address);
      if (emailKey(email) === emailKey(claims.email) && claims.email_verified === true)
        throw new AccountError(['email: is the address of the account already']);
      const content = { accountId: id, generation, from: claims.email, to: email };
      const token = await links.create('email change', content, VERIFY_LIFETIME);
      const until = nowInSeconds(options.clock) + VERIFY_LIFETIME;
      await store.accounts.update(id, ({ details }) => ({
        details: { ...details, emailRequest: { email: String(email), generation, until } },
      }));
      const language = languageOf({ claims });
      const lifetime = VERIFY_LIFETIME;
      await mail.send('emailChange', {
        to: String(email),
        accountId: id,
        language,
        url: linkUrl(options.issuer, VERIFY_PATH, token),
        lifetime,
        values: { lifetime },
      });
      audit.record({ type: 'account.email_change_requested', accountId: id, ...context });
    },
    findRequest,
    async verify(token, accountId, context = {}) {
      const found = await findRequest(token, accountId);
      if (found === undefined) return undefined;
      const { account, address } = found;
      const change = newChange(options.clock);
      // First: the link is void without the change.
      const undoUrl = await undoLink(account, change, options);
      if (!(await changeAddress(account, { address, undoUrl, change }, options))) return undefined;
      // Void by now, because the account has another address. The link last: after a crash, it still works.
      await links.use(token, 'email change');
      audit.record({ type: 'account.email_changed', accountId, ...context });
      return found;
    },
  };
}

/** The address that a link has been sent to, while it can be confirmed. @param now epoch seconds */
export function requestedAddress(
  { details, generation }: Pick<Account, 'details' | 'generation'>,
  now: number,
): { email: string; until: number } | undefined {
  const request = details?.emailRequest;
  return request?.generation === generation && request.until > now ? request : undefined;
}

async function requested(
  content: LinkContent | undefined,
  { accounts }: Pick<EmailChangeOptions['store'], 'accounts'>,
): Promise<LinkedChange | undefined> {
  const record = await accountOfLink(content, accounts);
  if (record === undefined || content === undefined) return undefined;
  // This address, or another one, was confirmed meanwhile.
  if (emailKey(record.claims.email) !== emailKey(content.from)) return undefined;
  if (emailKey(verifiedAddress(record)) === emailKey(content.to)) return undefined;
  return { account: toAccount(record), address: String(content.to) };
}

type NewChange = Pick<EmailChangeRecord, 'id' | 'at' | 'until'>;

function newChange(clock: Clock): NewChange {
  const at = nowInSeconds(clock);
  return { id: randomUUID(), at, until: at + UNDO_LIFETIME };
}

/** @returns undefined where no one has the former address */
async function undoLink(
  account: Account,
  { id: change, at, until }: NewChange,
  { links, issuer }: EmailChangeOptions,
): Promise<string | undefined> {
  if (verifiedAddress(account) === undefined) return undefined;
  const token = await links.create('email change undo', { account: account.id, change }, until - at);
  return linkUrl(issuer, UNDO_PATH, token);
}

interface WantedChange {
  address: string;
  undoUrl: string | undefined;
  change: NewChange;
}

/** @returns whether the account has the address; false when it has changed since */
async function changeAddress(
  { id, generation, claims: before, username: formerName }: Account,
  { address, undoUrl, change }: WantedChange,
  { store, mail, clock }: EmailChangeOptions,
): Promise<boolean> {
  let drafts: readonly JobDraft[] = [];
  const draftsOf = (account: AccountRecord) => {
    const to = String(before.email);
    const values = { address, username: formerName };
    const told =
      undoUrl === undefined ? [] : mail.draftNotice(account, 'emailChanged', values, { to, url: undoUrl });
    const confirmed = mail.draftNotice(
      account,
      'emailConfirmed',
      { username: account.username },
      { to: address },
    );
    return (drafts = [...told, ...confirmed]);
  };
  const names = createReservedNames({ artifacts: store.artifacts, clock });
  const record = await store.accounts.find(id);
  if (record === undefined) return false;
  const former = emailKey(before.email);
  const follows = followsAddress(record);
  if (follows) requireUsername(address);
  const username = follows ? (emailKey(address) ?? record.username) : record.username;
  const refused = await names.conflict({ id, username, claims: { email: address } }, record);
  if (refused !== undefined) throw refused;
  if (former !== undefined && before.email_verified === true) await names.reserve('email', former, id);
  if (follows) await names.reserve('username', record.username, id);
  const update = store.accounts.update(
    id,
    (current) => {
      if (current.generation !== generation || emailKey(current.claims.email) !== former) return undefined;
      if (current.username !== record.username) return undefined;
      return withAddress(current, { address, username, change });
    },
    draftsOf,
  );
  const changed = await translateConflict(update);
  if (changed === undefined) return false;
  const conflict = await names.conflict(changed, record);
  if (conflict === undefined) return true;
  // Reserved since it was looked up. A mail may be on its way.
  for (const { id: job } of drafts) await store.jobs.cancel(job);
  await store.accounts.update(id, (current) => takenBack(current, changed, record, change));
  throw conflict;
}

function withAddress(
  current: AccountRecord,
  { address, username, change }: { address: string; username: string; change: NewChange },
): Partial<AccountRecord> {
  const claims = parseClaims({ ...current.claims, email: address, email_verified: true }, current.claims);
  requireOwnAddress({ username, claims }, current);
  const { emailRequest: _confirmed, emailChanges = [], ...others } = current.details ?? {};
  const { factors } = others;
  const made = { ...change, email: String(current.claims.email), username: current.username, factors };
  const kept = emailChanges.filter(({ until }) => until > change.at);
  const isUndoable = current.claims.email_verified === true;
  // The latest gives way: undoing an earlier one undoes it, too.
  const changes = isUndoable ? [...kept.slice(0, MAX_CHANGES - 1), made] : kept;
  return {
    username,
    claims,
    details: { ...others, emailChanges: changes },
    updatedAt: change.at,
  };
}

/** A username that is the address follows it. */
function followsAddress({ username, claims }: Pick<AccountRecord, 'username' | 'claims'>): boolean {
  return username === emailKey(claims.email);
}

/** @throws AccountError for an address that is typed as the username of another account (`asUsername`), or too long for a username */
function requireUsername(address: string): void {
  if (asUsername(address) !== emailKey(address)) throw new AccountError(['email: cannot be a username']);
}

/** The account without a change, and with what else has happened to it meanwhile, such as the use of a code. */
function takenBack(
  current: AccountRecord,
  { username, claims: { email } }: AccountRecord,
  before: AccountRecord,
  { id }: NewChange,
): Partial<AccountRecord> | undefined {
  if (emailKey(current.claims.email) !== emailKey(email)) return undefined;
  const { email: _email, email_verified: _verified, ...claims } = current.claims;
  const former = ['email', 'email_verified'].filter((name) => Object.hasOwn(before.claims, name));
  return {
    username: current.username === username ? before.username : current.username,
    claims: { ...claims, ...Object.fromEntries(former.map((name) => [name, before.claims[name]])) },
    details: {
      ...current.details,
      emailChanges: current.details?.emailChanges?.filter((made) => made.id !== id),
    },
  };
}
