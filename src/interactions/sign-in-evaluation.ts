import type { Context } from 'koa';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import { type DoneMethod, type SecondFactorId, usableFactors } from '../accounts/sign-in/methods.ts';
import { type NextStep, nextStep } from '../accounts/sign-in/next-step.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import { isTermsDue } from '../accounts/terms.ts';
import { ACCOUNT_MFA, isAccountClient } from '../clients/account-client.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { ACR } from '../config/authentication-context.ts';
import type { Config } from '../config/config.ts';
import type { RelyingParty } from '../config/relying-party.ts';
import { readDeviceCookie } from '../http/device-cookie.ts';
import { type Interactions, InteractionGoneError } from '../oidc/authorization/interactions.ts';
import type { SignInRecord, SignInRecords } from './sign-in-records.ts';

/**
 * How far a sign-in is, and what follows: its record and the account as they are now, given to `nextStep`. It writes nothing;
 * `sign-in-steps.ts` acts on it.
 */

export interface SignInProgress {
  readonly account: Account;
  readonly done: readonly DoneMethod[];
  /** The second factors that the account can be asked for. */
  readonly enrolled: readonly SecondFactorId[];
  readonly next: NextStep;
  /** All steps are done; a form was sent twice. */
  readonly isFinished: boolean;
  /** The person may enrol a first factor at the pages of the account. */
  readonly mayEnrol?: boolean | undefined;
}

/** A sign-in as it is evaluated. */
export interface EvaluatedSignIn extends SignInProgress {
  readonly record: SignInRecord;
  /** When the second factor was used, here or on this device before; epoch seconds. */
  readonly secondFactorAt: number | undefined;
}

export interface SignInEvaluationOptions {
  interactions: Pick<Interactions, 'session'>;
  records: Pick<SignInRecords, 'find'>;
  accounts: Pick<Accounts, 'find'>;
  devices: Pick<KnownDevices, 'secondFactorAt'>;
  clock: Clock;
  mfa: Config['mfa'];
  terms: Config['terms'];
  /** Of passkeys; undefined where they are off. */
  relyingParty: RelyingParty | undefined;
  /** Whether this person may enrol a first factor with the password alone: a new account, or a link of an administrator. */
  mayEnrol: (ctx: Context, account: Account) => Promise<boolean>;
  /** Whether a code can be sent to the account, which lets the person enrol a factor where none is required of everybody. */
  mayConfirm: (account: Account) => boolean;
}

/** Those that a sign-in answers: a sign-up signs in. At `second_factor` the session lacks a factor. */
const SIGN_IN_PROMPTS: ReadonlySet<string> = new Set(['login', 'create', 'second_factor']);

export class SignInEvaluation {
  readonly #options: SignInEvaluationOptions;

  constructor(options: SignInEvaluationOptions) {
    this.#options = options;
  }

  /** Undefined without a first step in this browser, or when the account has changed since. */
  async current(ctx: Context): Promise<EvaluatedSignIn | undefined> {
    const { accounts, records } = this.#options;
    const { prompt, signInKey } = ctx.state.pending;
    if (!SIGN_IN_PROMPTS.has(prompt)) return undefined;
    const session = prompt === 'second_factor' ? await this.#session(ctx) : undefined;
    const record = (await records.find(signInKey)) ?? session?.record;
    if (record === undefined) return undefined;
    const account = session?.account ?? (await accounts.find(record.accountId));
    if (account === undefined || !isOf(account, record)) return undefined;
    return await this.evaluate(ctx, account, record);
  }

  /** The session of the browser as the first step, for a step-up. */
  async #session(ctx: Context): Promise<{ account: Account; record: SignInRecord }> {
    const session = await this.#options.interactions.session(ctx);
    if (session?.acr !== ACR.password) throw new InteractionGoneError('the session has changed');
    const { account, amr } = session;
    const { id: accountId, generation } = account;
    return { account, record: { accountId, generation, done: [{ method: 'password', amr }] } };
  }

  /** @param record also one that is not stored yet */
  async evaluate(ctx: Context, account: Account, record: SignInRecord): Promise<EvaluatedSignIn> {
    const { mayConfirm, mayEnrol, mfa, relyingParty, terms } = this.#options;
    const { pending } = ctx.state;
    const { enrolled } = usableFactors(account, relyingParty);
    const state = {
      done: record.done,
      enrolled,
      policy: mfaPolicy(mfa, account, pending.client.mfa),
      requested: pending.requestedAcr,
      isRemembered: false,
      mayEnrol: false,
      areTermsDue: isTermsDue(account, terms),
    };
    const { isFinished = false, done } = record;
    const evaluated = { account, done, enrolled, record, isFinished, secondFactorAt: record.secondFactorAt };
    const next = nextStep(state);
    // What takes a read of the store is asked for only where it could change the answer.
    if (next.step === 'enrol' && (await mayEnrol(ctx, account))) {
      // The factor is added at the pages of the account; an application gets no session without it.
      const isThere = isAccountClient(pending.client.id);
      return { ...evaluated, next: isThere ? nextStep({ ...state, mayEnrol: true }) : next, mayEnrol: true };
    }
    if (next.step === 'enrol' && mfaPolicy(mfa, account, ACCOUNT_MFA) !== 'required' && mayConfirm(account))
      return { ...evaluated, next, mayEnrol: true };
    if (next.step !== 'second_factor' || pending.prompt === 'second_factor') return { ...evaluated, next };
    const secondFactorAt = await this.#rememberedAt(ctx, account);
    if (secondFactorAt === undefined) return { ...evaluated, next };
    return { ...evaluated, next: nextStep({ ...state, isRemembered: true }), secondFactorAt };
  }

  /** When a second factor of this account was used on this device, while that counts: not after another app or key has replaced it. */
  async #rememberedAt(ctx: Context, account: Account): Promise<number | undefined> {
    const { clock, devices, mfa, relyingParty } = this.#options;
    if (mfa.rememberDevice === 0) return undefined;
    const at = await devices.secondFactorAt(readDeviceCookie(ctx), account);
    if (at === undefined || at < usableFactors(account, relyingParty).authenticatorSince) return undefined;
    return at + mfa.rememberDevice > nowInSeconds(clock) ? at : undefined;
  }
}

/** Not of an account that was disabled, or has ended its sessions since. */
function isOf({ id, disabled, generation }: Account, record: SignInRecord): boolean {
  return !disabled && id === record.accountId && generation === record.generation;
}
