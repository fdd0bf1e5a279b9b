import { ACR, type Acr, type MfaMode, satisfies, satisfiesOne } from '../../config/authentication-context.ts';
import { authenticationOf, type DoneMethod, isSecondFactor, type SecondFactorId } from './methods.ts';

/**
 * The steps of a sign-in, as a function of what is done and what is needed. Nothing is stored here and nothing is asked of a store.
 *
 *     password, e-mail ──► second factor needed? ──yes──► one enrolled? ──yes──► second_factor ──┐
 *                             │ no                            │ no                               │
 *                             │                               ├─ e-mail: refused                 │
 *     passkey ────────────────┤                               ├─ a link to enrol: go on ─┐       │
 *                             │                               └─ enrol: a page, no way on │       │
 *                             ▼                                                           ▼       ▼
 *                          new terms? ──yes──► terms ──accepted──► done ◄──────no──────────────────
 *
 * A second factor is needed by an account that has one, unless the policy is `off`; by every account with the policy `required`; and by a
 * request for an `acr` that it reaches. A device that is remembered skips it, but for the last: `acr` says what was done. A passkey that has
 * verified its user is two factors. Mail is no factor, so that it never satisfies the policy `required`.
 */
export interface SignInState {
  /** The first method first; at least one. */
  readonly done: readonly DoneMethod[];
  /** What the account can be asked for. */
  readonly enrolled: readonly SecondFactorId[];
  readonly policy: MfaMode;
  /** The second factor of this account was used on this device, not too long ago. */
  readonly isRemembered: boolean;
  /** `acr` values of the request: one of them is to be reached, where the account can. */
  readonly requested: readonly string[];
  /** An administrator's link lets this person enrol a first factor. */
  readonly mayEnrol: boolean;
  /** The account has not accepted the current terms. */
  readonly areTermsDue: boolean;
}

export type NextStep =
  | { readonly step: 'done'; readonly acr: Acr; readonly amr: readonly string[] }
  | { readonly step: 'second_factor' | 'enrol' | 'terms' }
  /** The first method cannot lead to what is needed: another one can. */
  | { readonly step: 'refused'; readonly reason: 'weak_method' };

export function nextStep(state: SignInState): NextStep {
  const authentication = authenticationOf(state.done);
  const second = secondStep(state, authentication.acr);
  if (second !== undefined) return second;
  if (state.areTermsDue) return { step: 'terms' };
  return { step: 'done', ...authentication };
}

function secondStep(state: SignInState, acr: Acr): NextStep | undefined {
  const { done, policy, isRemembered, requested, mayEnrol } = state;
  if (policy === 'off' || isMultiFactor(acr)) return undefined;
  if (policy === 'required') {
    if (acr !== ACR.password) return { step: 'refused', reason: 'weak_method' };
    if (!hasFactor(state)) return mayEnrol ? undefined : { step: 'enrol' };
  }
  const isUsed = done.some(({ method }) => isSecondFactor(method));
  if (hasFactor(state) && !isUsed && !isRemembered) return { step: 'second_factor' };
  if (acr === ACR.password && hasFactor(state) && needsMore(acr, requested, ACR.mfa))
    return { step: 'second_factor' };
  return undefined;
}

/** Two factors, of different kinds. */
export function isMultiFactor(acr: string | undefined): boolean {
  return satisfies(acr, ACR.mfa);
}

/** Whether a request asks for more than was done, and `reachable` would be enough. */
function needsMore(acr: string | undefined, requested: readonly string[], reachable: Acr): boolean {
  return !satisfiesOne(acr, requested) && satisfiesOne(reachable, requested);
}

/** A session, and what a request needs of it. */
export interface StepUpState {
  readonly acr: string | undefined;
  /** Of this sign-in, or of the device at an earlier one. */
  readonly hasUsedSecondFactor: boolean;
  /** When the person signed in; epoch seconds. */
  readonly authTime: number;
  /** When the oldest factor was added (`usableFactors`). */
  readonly since: number;
  readonly enrolled: readonly SecondFactorId[];
  readonly hasPassword: boolean;
  readonly hasPasskey: boolean;
  readonly policy: MfaMode;
  readonly requested: readonly string[];
}

/**
 * What a session lacks: a second factor alone, a sign-in, or nothing that the account could do about it.
 */
export function stepUp(state: StepUpState): 'second_factor' | 'sign_in' | undefined {
  const { acr, policy, requested } = state;
  if (isOfUnknownMethods(state)) return 'sign_in';
  if (hasSkippedFactor(state)) return acr === ACR.password ? 'second_factor' : 'sign_in';
  if (policy === 'required' && !hasUsedTwoFactors(state))
    return acr === ACR.password ? 'second_factor' : 'sign_in';
  if (acr === ACR.password && hasFactor(state) && needsMore(acr, requested, ACR.mfa)) return 'second_factor';
  return needsMore(acr, requested, strongestOf(state)) ? 'sign_in' : undefined;
}

/** In this session, or the second one on its device before. */
export function hasUsedTwoFactors({
  acr,
  hasUsedSecondFactor,
}: Pick<StepUpState, 'acr' | 'hasUsedSecondFactor'>): boolean {
  return isMultiFactor(acr) || (acr === ACR.password && hasUsedSecondFactor);
}

/** A node of version 0.1 on the same store knows no second factor, and says nothing about its sign-ins: they do not count for an account with one. */
export function isOfUnknownMethods(state: Pick<StepUpState, 'acr' | 'policy' | 'enrolled'>): boolean {
  return state.acr === undefined && hasFactor(state);
}

/**
 * Whether the sign-in asked for no second factor, although the account had one: it was for an application with the policy `off`. A factor that
 * was added later is asked for at the next sign-in.
 */
export function hasSkippedFactor(state: Omit<StepUpState, 'requested'>): boolean {
  const { acr, hasUsedSecondFactor, authTime, since } = state;
  return hasFactor(state) && since < authTime && !hasUsedSecondFactor && !isMultiFactor(acr);
}

/** What the account can reach with what it has. */
export function strongestOf(
  state: Pick<StepUpState, 'hasPassword' | 'hasPasskey' | 'policy' | 'enrolled'>,
): Acr {
  if (state.hasPasskey) return ACR.passkey;
  if (!state.hasPassword) return ACR.email;
  return hasFactor(state) ? ACR.mfa : ACR.password;
}

function hasFactor({ policy, enrolled }: Pick<StepUpState, 'policy' | 'enrolled'>): boolean {
  return policy !== 'off' && enrolled.length > 0;
}
