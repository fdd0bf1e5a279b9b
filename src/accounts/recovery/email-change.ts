import { randomUUID } from 'node:crypto';
import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { JobKind } from '../../jobs/kind.ts';
import type { Mail } from '../../mail/mail.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import { type AccountRecord, type EmailChangeRecord, emailKey, type Store } from '../../store/store.ts';
import { languageOf } from '../account-language.ts';
import { type Account, toAccount } from '../accounts.ts';
import { parseClaims } from '../claims.ts';
import { translateConflict } from '../conflict.ts';
import { AccountError } from '../errors.ts';
import { accountOfLink, type LinkContent, type Links, linkUrl } from '../links.ts';
import { createReservedNames, EMAIL_RESERVATION } from '../reserved-names.ts';
import { requireOwnAddress, verifiedAddress } from '../sign-in-name.ts';
import type { RevocationContext } from '../sessions.ts';
import { createEmailNotices } from './email-notices.ts';
import type { LinkedChange } from './email-undo.ts';

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

/** Changes of an account that can be undone. Each has a copy of the factors, and every sign-in reads them. */
const MAX_CHANGES = 10;

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
  readonly jobs: readonly JobKind[];
}

export interface EmailChangeOptions {
  store: Pick<Store, 'accounts' | 'artifacts' | 'jobs'>;
  links: Links;
  mail: Mail;
  sealer: Pick<Sealer, 'seal'>;
  audit: Pick<Audit, 'record'>;
  issuer: string;
  clock: Clock;
}

export function createEmailChanges(options: EmailChangeOptions): EmailChanges {
  const { store, links, mail, audit } = options;
  const notices = createEmailNotices(options);

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
    async verify(token, context = {}) {
      const found = await findRequest(token);
      if (found === undefined || (await links.use(token, 'email change')) === undefined) return undefined;
      const { account, address } = found;
      const change = newChange(options.clock);
      const former = verifiedAddress(account);
      const { id: accountId, username } = account;
      const told = await notices.prepare({ accountId, username, change, former, address });
      const changed = await changeAddress(account, address, change, options);
      if (changed === undefined) {
        await told.cancel();
        return undefined;
      }
      audit.record({ type: 'account.email_changed', accountId, ...context });
      await told.send(toAccount(changed));
      return found;
    },
    jobs: [notices.job],
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
  // Another address was confirmed meanwhile.
  if (record === undefined || emailKey(record.claims.email) !== emailKey(content?.from)) return undefined;
  return { account: toAccount(record), address: String(content?.to) };
}

type NewChange = Pick<EmailChangeRecord, 'id' | 'at' | 'until'>;

function newChange(clock: Clock): NewChange {
  const at = nowInSeconds(clock);
  return { id: randomUUID(), at, until: at + UNDO_LIFETIME };
}

/** @returns undefined when the account has changed since */
async function changeAddress(
  { id, generation, claims: before }: Account,
  address: string,
  change: NewChange,
  { store, clock }: EmailChangeOptions,
): Promise<AccountRecord | undefined> {
  const now = change.at;
  const names = createReservedNames({ artifacts: store.artifacts, clock });
  const former = emailKey(before.email);
  if (former !== undefined && before.email_verified === true) await names.reserve('email', former, id);
  const record = await store.accounts.find(id);
  // A username that is the address follows it.
  const follows = record?.username === former;
  if (record !== undefined && follows) await names.reserve('username', record.username, id);
  const update = store.accounts.update(id, (current) => {
    if (current.generation !== generation || emailKey(current.claims.email) !== former) return undefined;
    const claims = parseClaims({ ...current.claims, email: address, email_verified: true }, current.claims);
    const username = follows && emailKey(address) !== undefined ? emailKey(address)! : current.username;
    requireOwnAddress({ username, claims }, current);
    const { emailRequest: _confirmed, emailChanges = [], ...others } = current.details ?? {};
    const { factors } = others;
    const made = { ...change, email: String(current.claims.email), username: current.username, factors };
    const kept = emailChanges.filter(({ until }) => until > now);
    const isUndoable = current.claims.email_verified === true;
    // The latest gives way: undoing an earlier one undoes it, too.
    const changes = isUndoable ? [...kept.slice(0, MAX_CHANGES - 1), made] : kept;
    const details = { ...others, emailChanges: changes };
    return { username, claims, details, updatedAt: now };
  });
  const changed = await translateConflict(update);
  if (changed === undefined || record === undefined) return undefined;
  const conflict = await names.conflict(changed, record);
  if (conflict === undefined) return changed;
  await store.accounts.update(id, (current) => takenBack(current, changed, record, change));
  throw conflict;
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
