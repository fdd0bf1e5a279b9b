import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { EnrolledFactors } from '../accounts/enrolled-factors.ts';
import type { CodeOutcome, FactorProtection } from '../accounts/factor-protection.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import { readDeviceCookie } from '../http/device-cookie.ts';
import { formField } from '../http/form-body.ts';
import { networkOf } from '../limits/network.ts';
import type { Mail } from '../mail/mail.ts';
import type { ChangeJobs } from '../store/store.ts';
import type { FactorAnswer, SecondFactor } from './second-factors.ts';

/** The second factors that are typed: codes of an authenticator app, and recovery codes. */

export interface CodeFactorOptions {
  factors: Pick<EnrolledFactors, 'verifyTotp' | 'useRecoveryCode'>;
  protection: FactorProtection;
  devices: Pick<KnownDevices, 'hasUsedFactor'>;
  mail: Pick<Mail, 'draftNotice' | 'notice'>;
}

export function totpFactor(options: CodeFactorOptions): SecondFactor {
  const { factors } = options;
  return {
    id: 'totp',
    begin: () => Promise.resolve({}),
    verify: async (ctx, account) => {
      const attempt = await tryCode(ctx, account, 'totp', options, (code) =>
        factors.verifyTotp(account.id, code),
      );
      return await answerOf(attempt, account, options);
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
      return await answerOf(attempt, account, options);
    },
  };
}

const WRONG_CODE = { key: 'secondFactor.wrongCode' };

async function tryCode<Result>(
  ctx: Context,
  account: Account,
  method: 'totp' | 'recovery_code',
  { devices, protection }: CodeFactorOptions,
  use: (code: string) => Promise<Result | undefined>,
): Promise<CodeOutcome<Result>> {
  const token = readDeviceCookie(ctx);
  const device = (await devices.hasUsedFactor(token, account)) ? token : undefined;
  const attempt = { account, method, network: networkOf(ctx.ip), device };
  return await protection.attempt(attempt, () => use(formField(ctx, 'code') ?? ''));
}

/** A code that was not compared gets the response of a wrong one. The person has given the right password before it, so a lock is worth a mail. */
async function answerOf(
  attempt: CodeOutcome<unknown>,
  account: Account,
  { mail }: CodeFactorOptions,
): Promise<FactorAnswer> {
  if (attempt.outcome === 'accepted') return { outcome: 'passed' };
  const locked = attempt.outcome === 'wrong' ? attempt.locked : undefined;
  if (locked !== undefined) await mail.notice(account, 'codesLocked', { username: account.username });
  return { outcome: 'failed', reason: attempt.outcome, message: WRONG_CODE.key, locked };
}
