import type { Context } from 'koa';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import type { Recoveries } from '../accounts/recovery/lost-factor.ts';
import type { LockInfo } from '../accounts/login-protection.ts';
import {
  type DoneMethod,
  isSecondFactor,
  METHOD_AMR,
  type MethodId,
  type SecondFactorId,
  usableFactors,
} from '../accounts/sign-in/methods.ts';
import { isMultiFactor, type NextStep, nextStep } from '../accounts/sign-in/next-step.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import type { Audit } from '../audit/audit.ts';
import { isAccountClient } from '../clients/account-client.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { ACR } from '../config/authentication-context.ts';
import type { RelyingParty } from '../config/relying-party.ts';
import { readDeviceCookie, setDeviceCookie } from '../http/device-cookie.ts';
import { useLanguageOf } from '../http/languages.ts';
import { interactionPath } from '../http/paths.ts';
import { Problem } from '../http/problem.ts';
import { auditContext } from '../http/state.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type Interactions, InteractionGoneError } from '../oidc/authorization/interactions.ts';
import type { OnNewDevice } from './new-device.ts';
import { LATER_STEPS, type LaterStepName } from './step.ts';
import type { SignInRecord, SignInRecords } from './sign-in-records.ts';

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

export interface SignInProgress {
  readonly account: Account;
  readonly done: readonly DoneMethod[];
  /** The second factors that the account can be asked for. */
  readonly enrolled: readonly SecondFactorId[];
  readonly next: NextStep;
  /** All steps are done; a form was sent twice. */
  readonly isFinished: boolean;
  /** The person may enrol a first factor with the password alone. */
  readonly mayEnrol?: boolean | undefined;
}

export interface SignInStepsOptions {
  interactions: Pick<Interactions, 'signIn' | 'session'>;
  records: SignInRecords;
  accounts: Pick<Accounts, 'find'>;
  devices: KnownDevices;
  audit: Audit;
  metrics: Pick<Metrics, 'login' | 'limited' | 'accountLocked'>;
  clock: Clock;
  mfa: Config['mfa'];
  /** Of passkeys; undefined where they are off. */
  relyingParty: RelyingParty | undefined;
  recoveries: Pick<Recoveries, 'cancelBySignIn'>;
  /** Lifetime of the device cookie, in seconds. */
  deviceLifetime: number;
  onNewDevice?: OnNewDevice | undefined;
  isTermsDue?: ((account: Account) => boolean) | undefined;
  /** Whether an administrator's link lets this person enrol a first factor. */
  mayEnrol?: ((ctx: Context, account: Account) => Promise<boolean>) | undefined;
}

export function createSignInSteps(options: SignInStepsOptions): SignInSteps {
  return new StoredSignInSteps(options);
}

/** A sign-in as it is evaluated. */
interface Evaluated extends SignInProgress {
  readonly record: SignInRecord;
  /** When the second factor was used, here or on this device before; epoch seconds. */
  readonly secondFactorAt: number | undefined;
}

class StoredSignInSteps implements SignInSteps {
  readonly #options: SignInStepsOptions;

  constructor(options: SignInStepsOptions) {
    this.#options = options;
  }

  async passed(
    ctx: Context,
    { account, method, amr = METHOD_AMR[method], remember }: PassedMethod,
  ): Promise<void> {
    const { audit, clock, metrics } = this.#options;
    const isSecond = isSecondFactor(method);
    const before = isSecond ? await this.#current(ctx) : undefined;
    if (isSecond && before?.account.id !== account.id) throw otherStep();
    const { id: accountId, generation } = account;
    const done = [...(before?.done ?? []), { method, amr }];
    const used = isSecond ? { secondFactorAt: nowInSeconds(clock), remember } : undefined;
    metrics.login(method, 'succeeded');
    if (isSecond) audit.record({ type: 'factor.passed', ...this.#event(ctx, accountId), detail: { method } });
    const record = { accountId, generation, done, ...used };
    await this.#goOn(ctx, await this.#evaluate(ctx, account, record), before !== undefined);
  }

  async proceed(ctx: Context): Promise<void> {
    const current = await this.#current(ctx);
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
    const current = await this.#current(ctx);
    if (current !== undefined) useLanguageOf(ctx, current.account);
    return current;
  }

  async #current(ctx: Context): Promise<Evaluated | undefined> {
    const { accounts, interactions, records } = this.#options;
    const { pending } = ctx.state;
    const isStepUp = pending.prompt === 'second_factor';
    // A sign-up signs in.
    if (!isStepUp && !['login', 'create'].includes(pending.prompt)) return undefined;
    const session = isStepUp ? await interactions.session(ctx) : undefined;
    if (isStepUp && session?.acr !== ACR.password) throw new InteractionGoneError('the session has changed');
    const stored = await records.find(pending.signInKey);
    const { account, amr } = session ?? { account: undefined, amr: [] };
    const record =
      stored ??
      (account && {
        accountId: account.id,
        generation: account.generation,
        done: [{ method: 'password', amr }] as const,
      });
    if (record === undefined) return undefined;
    const current = account ?? (await accounts.find(record.accountId));
    if (current === undefined || current.disabled || current.id !== record.accountId) return undefined;
    if (current.generation !== record.generation) return undefined;
    return await this.#evaluate(ctx, current, record);
  }

  async #evaluate(ctx: Context, account: Account, record: SignInRecord): Promise<Evaluated> {
    const { isTermsDue, mayEnrol, mfa } = this.#options;
    const { pending } = ctx.state;
    const { enrolled } = usableFactors(account, this.#options.relyingParty);
    const state = {
      done: record.done,
      enrolled,
      policy: mfaPolicy(mfa, account, pending.client.mfa),
      requested: pending.requestedAcr,
      isRemembered: false,
      mayEnrol: false,
      areTermsDue: isTermsDue?.(account) ?? false,
    };
    const { isFinished = false, done } = record;
    const evaluated = { account, done, enrolled, record, isFinished, secondFactorAt: record.secondFactorAt };
    const next = nextStep(state);
    // What takes a read of the store is asked for only where it could change the answer.
    if (next.step === 'enrol' && (await mayEnrol?.(ctx, account)) === true) {
      // The factor is added at the pages of the account; an application gets no session without it.
      const isThere = isAccountClient(pending.client.id);
      return { ...evaluated, next: isThere ? nextStep({ ...state, mayEnrol: true }) : next, mayEnrol: true };
    }
    if (next.step !== 'second_factor' || pending.prompt === 'second_factor') return { ...evaluated, next };
    const secondFactorAt = await this.#rememberedAt(ctx, account);
    if (secondFactorAt === undefined) return { ...evaluated, next };
    return { ...evaluated, next: nextStep({ ...state, isRemembered: true }), secondFactorAt };
  }

  /** When a second factor of this account was used on this device, while that counts. */
  async #rememberedAt(ctx: Context, account: Account): Promise<number | undefined> {
    const { clock, devices, mfa } = this.#options;
    if (mfa.rememberDevice === 0) return undefined;
    const at = await devices.secondFactorAt(readDeviceCookie(ctx), account);
    return at !== undefined && at + mfa.rememberDevice > nowInSeconds(clock) ? at : undefined;
  }

  async #goOn(ctx: Context, current: Evaluated, isStored: boolean): Promise<void> {
    const { next, record } = current;
    const { uid, signInKey } = ctx.state.pending;
    switch (next.step) {
      case 'done':
        return await this.#finish(ctx, current, next, isStored);
      case 'refused':
        throw new Problem(403, 'access_denied', 'the sign-in needs a stronger method', {
          format: 'page',
          words: WEAK_METHOD,
        });
      default:
        await this.#options.records.write(signInKey, record);
        ctx.status = 303;
        ctx.redirect(`${interactionPath(ctx, uid)}/${pathOfStep(next)}`);
    }
  }

  async #finish(
    ctx: Context,
    { account, done, isFinished, record, secondFactorAt }: Evaluated,
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
    ctx.status = 303;
    ctx.redirect(url);
  }

  #event(ctx: Context, accountId: string | undefined) {
    return { accountId, clientId: ctx.state.pending.client.id, ...auditContext(ctx) };
  }
}

/** The last part of the path of the page; undefined where none follows. The second factor that is missing has the page of the one that is not. */
export function pathOfStep({ step }: NextStep): LaterStepName | undefined {
  if (step === 'enrol') return 'second_factor';
  return Object.hasOwn(LATER_STEPS, step) ? (step as LaterStepName) : undefined;
}

const WEAK_METHOD = { key: 'secondFactor.weak' };

function otherStep(): Problem {
  return new Problem(400, 'invalid_form', 'the form belongs to another step of the sign-in', {
    format: 'page',
  });
}
