import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { draftJob } from '../../jobs/draft.ts';
import type { JobKind, JobOutcome } from '../../jobs/kind.ts';
import type { Mail } from '../../mail/mail.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { Store } from '../../store/store.ts';
import { languageOf } from '../account-language.ts';
import type { FactorProtection } from '../factor-protection.ts';
import type { KnownDevices } from '../known-devices.ts';
import { type Links, linkUrl } from '../links.ts';
import type { Origin } from '../login-protection.ts';
import { verifiedAddress } from '../sign-in-name.ts';
import { createMailCode, groupedMailCode, mailCodeDigest } from './mail-code.ts';
import { recipientOf } from './requested-mails.ts';

/**
 * A sign-in by mail: a code that is typed into the browser that has asked for it, or a link that brings the code there. It proves a mail box,
 * which is no authenticator (NIST SP 800-63B-4 §3.1.3.1), so it is a first step of the lowest `acr`.
 *
 *     request (the same work for every name) ──▶ job ──account with an address of its own──▶ mail with the code
 *        └── record of the browser: name, digest of the code ◀── account ──┘
 *     code in that browser, 10 minutes, 5 attempts ──▶ account
 *
 * The record is named by a key that only the interaction of that browser leads to, so a code is of no use in another one.
 */

/** Seconds. */
export const EMAIL_CODE_LIFETIME = 600;

const MAX_ATTEMPTS = 5;
const MAX_NAME_LENGTH = 512;
const KIND = 'email_sign_in';

export interface EmailSignInRequest {
  /** As typed. */
  name: string;
  /** Path of a page that takes `?token=`; absent where the mail has the code alone. */
  linkPath?: string | undefined;
  language?: string | undefined;
  /** Token of the browser (`known-devices.ts`). */
  device?: string | undefined;
  ip?: string | undefined;
  traceId?: string | undefined;
}

export type EmailSignInOutcome =
  | { outcome: 'passed'; accountId: string }
  | { outcome: 'wrong'; accountId?: string | undefined };

export interface EmailSignIns {
  /** @param key of the interaction of the browser (`PendingAuthorization.signInKey`) */
  request(key: string, request: EmailSignInRequest): Promise<void>;
  /** Unknown names, wrong, old and repeated codes, and too many attempts: one answer, after the same work. */
  check(key: string, code: string, origin: Origin): Promise<EmailSignInOutcome>;
  /** The code of a link, for the page that shows it or fills it in. */
  codeOf(token: string): Promise<string | undefined>;
  readonly job: JobKind;
}

interface PendingSignIn {
  name: string;
  digest: string;
  attempts: number;
  /** Epoch seconds. */
  until: number;
  /** Set by the job that has sent the mail. */
  accountId?: string;
  generation?: number;
  address?: string;
}

interface JobPayload extends EmailSignInRequest {
  key: string;
  code: string;
}

export interface EmailSignInOptions {
  store: Pick<Store, 'accounts' | 'artifacts' | 'counters' | 'jobs'>;
  protection: FactorProtection;
  devices: Pick<KnownDevices, 'isKnown'>;
  links: Links;
  mail: Mail;
  sealer: Pick<Sealer, 'seal'>;
  audit: Pick<Audit, 'record'>;
  issuer: string;
  clock: Clock;
}

export function createEmailSignIns(options: EmailSignInOptions): EmailSignIns {
  const { store, sealer, links, clock } = options;
  return {
    async request(key, { name, ...others }) {
      const code = createMailCode();
      const until = nowInSeconds(clock) + EMAIL_CODE_LIFETIME;
      const kept = name.slice(0, MAX_NAME_LENGTH);
      const pending: PendingSignIn = {
        name: kept,
        digest: mailCodeDigest('email sign-in', key, code),
        attempts: 0,
        until,
      };
      await store.artifacts.upsert('Confirmation', recordId(key), {
        payload: { ...pending },
        expiresAt: until,
      });
      const payload: JobPayload = { ...others, name: kept, key, code };
      await store.jobs.enqueue([draftJob(sealer, { id: randomUUID(), kind: KIND, payload })]);
    },
    check: (key, code, origin) => checkCode(key, code, origin, options),
    async codeOf(token) {
      const content = await links.find(token, 'email sign-in');
      return typeof content?.code === 'string' ? content.code : undefined;
    },
    job: { kind: KIND, send: async ({ payload }) => await sendCode(payload as JobPayload, options) },
  };
}

async function checkCode(
  key: string,
  typed: string,
  { network, device: token }: Origin,
  { store, protection, devices, clock }: EmailSignInOptions,
): Promise<EmailSignInOutcome> {
  const pending = (await store.artifacts.find('Confirmation', recordId(key))) as PendingSignIn | undefined;
  if (pending === undefined) return { outcome: 'wrong' };
  const { accountId, generation = 0, name, address } = pending;
  const account = { id: accountId ?? `unknown ${name}`, generation };
  const digest = mailCodeDigest('email sign-in', key, typed);
  // Anyone can use up the attempts on new devices: on a device of the person, they are others.
  const device = (await devices.isKnown(token, accountId === undefined ? undefined : account))
    ? token
    : undefined;
  const attempt = { account, method: 'email_sign_in', network, device } as const;
  const result = await protection.attempt(attempt, async () =>
    (await takeCode(key, digest, store, nowInSeconds(clock))) ? accountId : undefined,
  );
  if (result.outcome !== 'accepted') return { outcome: 'wrong', accountId };
  const current = await store.accounts.find(result.value);
  // Of an address that the account has no more: its mail box may be another person's.
  const isCurrent = current?.generation === generation && verifiedAddress(current) === address;
  return current === undefined || current.disabled || !isCurrent
    ? { outcome: 'wrong', accountId }
    : { outcome: 'passed', accountId: result.value };
}

/** Counts the attempt in one atomic step. @returns whether the code is right, for one of all callers */
async function takeCode(
  key: string,
  digest: string,
  { artifacts }: Pick<Store, 'artifacts'>,
  now: number,
): Promise<boolean> {
  let isRight = false;
  await artifacts.update('Confirmation', recordId(key), (payload) => {
    const pending = payload as PendingSignIn | undefined;
    isRight =
      pending !== undefined &&
      pending.attempts < MAX_ATTEMPTS &&
      timingSafeEqual(Buffer.from(digest), Buffer.from(pending.digest));
    const attempts = isRight ? MAX_ATTEMPTS : (pending?.attempts ?? MAX_ATTEMPTS) + 1;
    return { payload: { ...pending, attempts }, expiresAt: pending?.until ?? now + 1 };
  });
  return isRight;
}

async function sendCode(
  { key, code, linkPath, language, traceId, ...request }: JobPayload,
  { store, links, mail, audit, issuer, devices }: EmailSignInOptions,
): Promise<JobOutcome> {
  const recipient = await recipientOf('sign-ins by mail', request, { store, devices });
  const event = { accountId: recipient.account?.id, ip: request.ip, traceId };
  if ('refused' in recipient) {
    const reason = recipient.refused;
    audit.record({ type: 'login.mail_refused', ...event, detail: { reason } });
    return { outcome: 'dropped', reason };
  }
  const { account, to, limit } = recipient;
  const { id: accountId, generation } = account;
  let until: number | undefined;
  await store.artifacts
    .update('Confirmation', recordId(key), (payload) => {
      const pending = payload as PendingSignIn | undefined;
      // Another code was asked for since, or this one is too old.
      if (pending === undefined || pending.digest !== mailCodeDigest('email sign-in', key, code))
        throw new OutdatedError();
      until = pending.until;
      return { payload: { ...pending, accountId, generation, address: to }, expiresAt: pending.until };
    })
    .catch((error: unknown) => {
      if (!(error instanceof OutdatedError)) throw error;
    });
  if (until === undefined) return { outcome: 'dropped', reason: 'outdated' };
  const lifetime = EMAIL_CODE_LIFETIME;
  const token =
    linkPath === undefined
      ? undefined
      : await links.create('email sign-in', { accountId, generation, code }, lifetime);
  await mail.send('emailSignIn', {
    to,
    limit,
    accountId,
    language: languageOf(account) ?? language,
    lifetime,
    values: { lifetime },
    ...(token === undefined
      ? { code: groupedMailCode(code) }
      : { url: linkUrl(issuer, linkPath ?? '', token) }),
  });
  audit.record({ type: 'login.mail_sent', ...event });
  return { outcome: 'done' };
}

class OutdatedError extends Error {}

function recordId(key: string): string {
  return `email sign-in ${key}`;
}
