import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { EnrolledFactors } from '../accounts/enrolled-factors.ts';
import type { CodeOutcome, FactorProtection, LockNotice } from '../accounts/factor-protection.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { readDeviceCookie } from '../http/device-cookie.ts';
import { formField } from '../http/form-body.ts';
import { networkOf } from '../limits/network.ts';
import type { Mail } from '../mail/mail.ts';
import type { ChangeJobs, JobDraft, JobStore } from '../store/store.ts';
import type { FactorAnswer, SecondFactor } from './second-factors.ts';

/** The second factors that are typed: codes of an authenticator app, and recovery codes. */

export interface CodeFactorOptions {
  factors: Pick<EnrolledFactors, 'verifyTotp' | 'useRecoveryCode'>;
  protection: FactorProtection;
  devices: Pick<KnownDevices, 'hasUsedFactor'>;
  mail: Pick<Mail, 'draftNotice'>;
  jobs: Pick<JobStore, 'enqueue' | 'cancel'>;
  clock: Clock;
}

/** Seconds before a notice is sent that a right code cancels. */
const NOTICE_DELAY = 5;

export function totpFactor(options: CodeFactorOptions): SecondFactor {
  const { factors } = options;
  return {
    id: 'totp',
    begin: () => Promise.resolve({}),
    verify: async (ctx, account) => {
      const attempt = await tryCode(ctx, account, 'totp', options, (code) =>
        factors.verifyTotp(account.id, code),
      );
      return answerOf(attempt);
    },
  };
}

export function recoveryCodeFactor(options: CodeFactorOptions): SecondFactor {
  const { factors, mail } = options;
  return {
    id: 'recovery_code',
    begin: () => Promise.resolve({}),
    verify: async (ctx, account) => {
      const told: ChangeJobs = (record) => {
        const { username, details } = record;
        const count = details?.factors?.recoveryCodes?.digests.length ?? 0;
        return mail.draftNotice(record, 'recoveryCodeUsed', { username, count });
      };
      const attempt = await tryCode(ctx, account, 'recovery_code', options, (code) =>
        factors.useRecoveryCode(account.id, code, told),
      );
      return answerOf(attempt);
    },
  };
}

const WRONG_CODE = { key: 'secondFactor.wrongCode' };

async function tryCode<Result>(
  ctx: Context,
  account: Account,
  method: 'totp' | 'recovery_code',
  options: CodeFactorOptions,
  use: (code: string) => Promise<Result | undefined>,
): Promise<CodeOutcome<Result>> {
  const { devices, protection } = options;
  const token = readDeviceCookie(ctx);
  const device = (await devices.hasUsedFactor(token, account)) ? token : undefined;
  const notice = lockNotice(account, options);
  const attempt = { account, method, network: networkOf(ctx.ip), device, notice };
  return await protection.attempt(attempt, () => use(formField(ctx, 'code') ?? ''));
}

/** The mail that tells of a lock: the person has given the right password before it. */
function lockNotice(account: Account, { mail, jobs, clock }: CodeFactorOptions): LockNotice {
  let drafts: JobDraft[] = [];
  return {
    async enqueue() {
      const dueAt = nowInSeconds(clock) + NOTICE_DELAY;
      const { username } = account;
      drafts = mail
        .draftNotice(account, 'codesLocked', { username })
        .map((draft) => Object.assign({}, draft, { dueAt }));
      if (drafts.length > 0) await jobs.enqueue(drafts);
    },
    async cancel() {
      for (const { id } of drafts) await jobs.cancel(id);
    },
  };
}

/** A code that was not compared gets the response of a wrong one. */
function answerOf(attempt: CodeOutcome<unknown>): FactorAnswer {
  if (attempt.outcome === 'accepted') return { outcome: 'passed' };
  const locked = attempt.outcome === 'wrong' ? attempt.locked : undefined;
  return { outcome: 'failed', reason: attempt.outcome, message: WRONG_CODE.key, locked };
}
