import type { Account } from '../accounts/accounts.ts';
import { passkeysOf } from '../accounts/credentials/passkey-records.ts';
import { deletionOf } from '../accounts/deletion.ts';
import { requestedAddress } from '../accounts/recovery/email-change.ts';
import { verifiedAddress } from '../accounts/sign-in-name.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import { nowInSeconds } from '../clock.ts';
import { relyingParty } from '../config/relying-party.ts';
import type { Services } from '../http/services.ts';
import type { Message } from '../messages/messages.ts';

/** What is set up of an account, what waits, and what is recommended next. All of it is in the record of the account: nothing is read. */

type SummaryServices = Pick<Services, 'config' | 'clock'>;

/** A sentence with a link to the page that it is about, below the path of the issuer. */
export interface Pointer {
  text: Message;
  path: string;
  action: Message;
}

interface Facts {
  account: Account;
  passkeys: number;
  securityKeys: number;
  hasApp: boolean;
  /** Recovery codes that are left; undefined without any. */
  codes: number | undefined;
  hasPasskeys: boolean;
  hasMail: boolean;
}

function factsOf({ config }: Pick<SummaryServices, 'config'>, account: Account): Facts {
  const party = relyingParty(config);
  const keys = passkeysOf(account).filter(({ rpId }) => rpId === party?.rpId);
  const { totp, recoveryCodes } = account.details?.factors ?? {};
  return {
    account,
    passkeys: keys.filter(({ isPasskey }) => isPasskey).length,
    securityKeys: keys.filter(({ isPasskey }) => !isPasskey).length,
    hasApp: totp !== undefined,
    codes: recoveryCodes?.digests.length,
    hasPasskeys: party !== undefined,
    hasMail: config.mail.server !== undefined,
  };
}

/** What is set up, by the path of its page. */
export function statesOf(services: SummaryServices, account: Account): Readonly<Record<string, Message>> {
  const facts = factsOf(services, account);
  const createdAt = account.details?.factors?.totp?.createdAt;
  return {
    '/account/password': passwordState(account),
    '/account/passkeys': keysState(facts),
    '/account/authenticator':
      createdAt === undefined
        ? { key: 'account.state.notSetUp' }
        : { key: 'account.state.setUp', values: { at: createdAt } },
    '/account/recovery-codes':
      facts.codes === undefined
        ? { key: 'account.state.noCodes' }
        : { key: 'account.state.codes', values: { count: facts.codes } },
    // Without mail, the address has no page of its own.
    [facts.hasMail ? '/account/email' : '/account/profile']: emailState(account),
  };
}

function passwordState({ hasPassword, details }: Account): Message {
  if (!hasPassword) return { key: 'account.state.noPassword' };
  const at = details?.passwordSetAt;
  return at === undefined
    ? { key: 'account.state.password' }
    : { key: 'account.state.passwordSetAt', values: { at } };
}

function keysState({ passkeys, securityKeys }: Facts): Message {
  const keys = [
    ...(passkeys > 0 ? [{ key: 'account.state.passkeys', values: { count: passkeys } }] : []),
    ...(securityKeys > 0 ? [{ key: 'account.state.securityKeys', values: { count: securityKeys } }] : []),
  ];
  return keys.length === 0
    ? { key: 'account.state.noPasskey' }
    : { key: 'account.state.keys', values: { keys } };
}

function emailState({ claims: { email, email_verified: verified } }: Account): Message {
  if (typeof email !== 'string') return { key: 'account.state.noEmail' };
  const key = verified === true ? 'account.state.emailVerified' : 'account.state.emailUnverified';
  return { key, values: { email } };
}

/** What waits for the person, or for its time. The removal of the account is on every page (`account-frame.ts`). */
export function pendingOf({ clock }: SummaryServices, account: Account): Pointer[] {
  const now = nowInSeconds(clock);
  const address = requestedAddress(account, now);
  const recovery = account.details?.recovery;
  return [
    ...(address === undefined
      ? []
      : [
          {
            text: { key: 'account.pending.email', values: { email: address.email, at: address.until } },
            path: '/account/email',
            action: { key: 'email.section' },
          },
        ]),
    ...(recovery === undefined || recovery.generation !== account.generation
      ? []
      : [
          {
            text: { key: 'account.pending.recovery', values: { at: recovery.readyAt } },
            path: '/account/password',
            action: { key: 'account.password.heading' },
          },
        ]),
  ];
}

/** Codes that are few. */
const FEW_CODES = 2;

/**
 * The one thing that protects the account most, and that its person can do now; undefined where nothing is missing, and for an account that is
 * to be removed.
 * @param isPermitted the browser may enrol a first factor with the password alone (`accounts/enrolment-permit.ts`)
 */
export function recommendationFor(
  services: SummaryServices,
  account: Account,
  isPermitted = false,
): Pointer | undefined {
  if (deletionOf(account) !== undefined) return undefined;
  const { passkeys, securityKeys, hasApp, codes = 0, hasPasskeys, hasMail } = factsOf(services, account);
  const hasFactor = hasApp || passkeys + securityKeys > 0;
  const isConfirmed = verifiedAddress(account) !== undefined;
  if (!hasFactor) {
    // Else the page of the factor can only name the administrator (`require-person.ts`).
    if (!(hasMail && isConfirmed) && !isPermitted) return undefined;
    if (hasPasskeys) return ADVICE.passkey;
    return mfaPolicy(services.config.mfa, account, undefined) === 'off' ? undefined : ADVICE.authenticator;
  }
  if (account.hasPassword && codes <= FEW_CODES) return codes === 0 ? ADVICE.codes : ADVICE.moreCodes;
  if (!account.hasPassword && passkeys === 1 && hasPasskeys) return ADVICE.secondPasskey;
  return hasMail && !isConfirmed ? ADVICE.email : undefined;
}

const ADVICE = {
  passkey: {
    text: { key: 'account.advice.passkey' },
    path: '/account/passkeys/add',
    action: { key: 'passkeys.list.add' },
  },
  secondPasskey: {
    text: { key: 'account.advice.secondPasskey' },
    path: '/account/passkeys/add',
    action: { key: 'passkeys.list.add' },
  },
  authenticator: {
    text: { key: 'account.advice.authenticator' },
    path: '/account/authenticator',
    action: { key: 'account.advice.setUp' },
  },
  codes: {
    text: { key: 'account.advice.codes' },
    path: '/account/recovery-codes',
    action: { key: 'recoveryCodes.create' },
  },
  moreCodes: {
    text: { key: 'account.advice.moreCodes' },
    path: '/account/recovery-codes',
    action: { key: 'recoveryCodes.create' },
  },
  email: {
    text: { key: 'account.advice.email' },
    path: '/account/email',
    action: { key: 'email.section' },
  },
} as const satisfies Record<string, Pointer>;
