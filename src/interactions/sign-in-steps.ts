import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import type { LockInfo } from '../accounts/login-protection.ts';
import type { Recoveries } from '../accounts/recovery/lost-factor.ts';
import { isSecondFactor, METHOD_AMR, type MethodId } from '../accounts/sign-in/methods.ts';
import { isMultiFactor, type NextStep } from '../accounts/sign-in/next-step.ts';
import type { Audit } from '../audit/audit.ts';
import { nowInSeconds } from '../clock.ts';
import { readDeviceCookie, setDeviceCookie } from '../http/device-cookie.ts';
import { useLanguageOf } from '../http/languages.ts';
import { interactionPath } from '../http/paths.ts';
import { Problem } from '../http/problem.ts';
import { seeOther } from '../http/see-other.ts';
import { auditContext } from '../http/state.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Interactions } from '../oidc/authorization/interactions.ts';
import type { OnNewDevice } from './new-device.ts';
import {
  type EvaluatedSignIn,
  SignInEvaluation,
  type SignInEvaluationOptions,
  type SignInProgress,
} from './sign-in-evaluation.ts';
import type { SignInRecords } from './sign-in-records.ts';
import { otherStep, pathOfStep } from './step.ts';

/**
 * A sign-in between its steps. Every method calls `passed` after it has verified; which step follows is decided by
 * `accounts/sign-in/next-step.ts`. The session is made by the last step only. A sign-in that ends with its first method stores nothing.
 *
 *     first method ──passed──► last step? ──yes──► interactions.signIn: the engine resumes
 *                                 │ no                  ▲
 *                                 ▼                     │
 *                              record ──page of a later step: passed, proceed
 *
 * At the prompt `second_factor` (step-up) the session of the browser is the first step.
 */
export interface SignInSteps {
  /** After a method has verified the account. Answers with a redirect. A first method begins a sign-in, a second factor continues one. */
  passed(ctx: Context, method: PassedMethod): Promise<void>;
  /** After a step that is no method. Answers with a redirect to what follows for the account as it is now. */
  proceed(ctx: Context): Promise<void>;
  /** Records that a method was not passed. The caller answers. */
  refused(ctx: Context, method: RefusedMethod): void;
  /** For the pages after the first step. Undefined without a first step in this browser, or when the account has changed since. */
  progress(ctx: Context): Promise<SignInProgress | undefined>;
}

export interface PassedMethod {
  account: Account;
  method: MethodId;
  /** By default what is known of the method. */
  amr?: readonly string[] | undefined;
  /** The person wants to skip the second factor on this device for a while. */
  remember?: boolean | undefined;
}

export interface RefusedMethod {
  method: MethodId;
  outcome: 'failed' | 'limited' | 'busy';
  accountId?: string | undefined;
  /** For the audit trail only. */
  reason?: string | undefined;
  /** The lock that the attempt triggered. */
  locked?: LockInfo | undefined;
}

export interface SignInStepsOptions extends SignInEvaluationOptions {
  interactions: Pick<Interactions, 'signIn' | 'session'>;
  records: SignInRecords;
  devices: Pick<KnownDevices, 'remember' | 'secondFactorAt'>;
  audit: Audit;
  metrics: Pick<Metrics, 'login' | 'limited' | 'accountLocked'>;
  recoveries: Pick<Recoveries, 'cancelBySignIn'>;
  /** Lifetime of the device cookie, in seconds. */
  deviceLifetime: number;
  onNewDevice: OnNewDevice;
}

export function createSignInSteps(options: SignInStepsOptions): SignInSteps {
  return new StoredSignInSteps(options);
}

class StoredSignInSteps implements SignInSteps {
  readonly #options: SignInStepsOptions;
  readonly #evaluation: SignInEvaluation;

  constructor(options: SignInStepsOptions) {
    this.#options = options;
    this.#evaluation = new SignInEvaluation(options);
  }

  async passed(
    ctx: Context,
    { account, method, amr = METHOD_AMR[method], remember }: PassedMethod,
  ): Promise<void> {
    const { audit, clock, metrics } = this.#options;
    const isSecond = isSecondFactor(method);
    const before = isSecond ? await this.#evaluation.current(ctx) : undefined;
    if (isSecond && before?.account.id !== account.id) throw otherStep();
    const { id: accountId, generation } = account;
    const done = [...(before?.done ?? []), { method, amr }];
    const used = isSecond ? { secondFactorAt: nowInSeconds(clock), remember } : undefined;
    metrics.login(method, 'succeeded');
    if (isSecond) audit.record({ type: 'factor.passed', ...this.#event(ctx, accountId), detail: { method } });
    const record = { accountId, generation, done, ...used };
    await this.#goOn(ctx, await this.#evaluation.evaluate(ctx, account, record), before !== undefined);
  }

  async proceed(ctx: Context): Promise<void> {
    const current = await this.#evaluation.current(ctx);
    if (current === undefined) throw otherStep();
    await this.#goOn(ctx, current, true);
  }

  refused(ctx: Context, { method, outcome, accountId, reason, locked }: RefusedMethod): void {
    const { audit, metrics } = this.#options;
    metrics.login(method, outcome);
    const event = this.#event(ctx, accountId);
    const isSecond = isSecondFactor(method);
    if (outcome === 'limited') {
      if (!isSecond) metrics.limited('wrong_passwords');
      audit.record({ type: 'login.limited', ...event });
    } else if (outcome === 'failed') {
      const type = isSecond ? 'factor.failed' : 'login.failed';
      const isPassword = method === 'password';
      audit.record({ type, ...event, detail: { reason, ...(!isPassword && { method }) } });
    }
    if (locked === undefined) return;
    metrics.accountLocked();
    audit.record({ type: 'account.locked', ...event, detail: { ...locked } });
  }

  async progress(ctx: Context): Promise<SignInProgress | undefined> {
    const current = await this.#evaluation.current(ctx);
    if (current !== undefined) useLanguageOf(ctx, current.account);
    return current;
  }

  async #goOn(ctx: Context, current: EvaluatedSignIn, isStored: boolean): Promise<void> {
    const { next, record } = current;
    const { uid, signInKey } = ctx.state.pending;
    switch (next.step) {
      case 'done':
        return await this.#finish(ctx, current, next, isStored);
      case 'refused':
        throw new Problem(403, 'access_denied', 'the sign-in needs a stronger method', {
          format: 'page',
          words: { key: 'secondFactor.weak' },
        });
      default:
        await this.#options.records.write(signInKey, record);
        seeOther(ctx, `${interactionPath(ctx, uid)}/${pathOfStep(next)}`);
    }
  }

  async #finish(
    ctx: Context,
    { account, done, isFinished, record, secondFactorAt }: EvaluatedSignIn,
    { acr, amr }: Extract<NextStep, { step: 'done' }>,
    isStored: boolean,
  ): Promise<void> {
    const { audit, devices, interactions, mfa, records, recoveries } = this.#options;
    const { prompt, signInKey } = ctx.state.pending;
    if (!isFinished) {
      const remembers = record.remember === true && mfa.rememberDevice > 0;
      const device = await devices.remember(readDeviceCookie(ctx), account, {
        secondFactorAt: remembers ? record.secondFactorAt : undefined,
        usedFactor: record.secondFactorAt !== undefined || isMultiFactor(acr),
      });
      // Also when a concurrent request has ended the interaction: the previous token may have been replaced.
      setDeviceCookie(ctx, device, this.#options.deviceLifetime);
      if (device !== readDeviceCookie(ctx)) await this.#options.onNewDevice?.(ctx, account);
    }
    const url = await interactions.signIn(ctx, account, { acr, amr, secondFactorAt });
    if (!isFinished) {
      const type = prompt === 'second_factor' ? 'login.stepped_up' : 'login.succeeded';
      const methods = done.map(({ method }) => method);
      audit.record({ type, ...this.#event(ctx, account.id), detail: { methods } });
      // Who has used a factor has not lost it.
      if (isMultiFactor(acr)) await recoveries.cancelBySignIn(account, auditContext(ctx));
      if (isStored) await records.write(signInKey, { ...record, isFinished: true });
    }
    seeOther(ctx, url);
  }

  #event(ctx: Context, accountId: string | undefined) {
    return { accountId, clientId: ctx.state.pending.client.id, ...auditContext(ctx) };
  }
}
