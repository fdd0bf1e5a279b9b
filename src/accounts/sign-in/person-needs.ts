import { ACR, type Acr, satisfies } from '../../config/authentication-context.ts';
import {
  hasFactor,
  hasSkippedFactor,
  hasUsedTwoFactors,
  isMultiFactor,
  isOfUnknownMethods,
  strongestOf,
  type StepUpState,
} from './next-step.ts';

/**
 * What a person needs, beside a session, for a page of the account.
 *
 * `signIn`: a sign-in of the last five minutes that used the factors that the account has: two, where it can (NIST SP 800-63B-4 §4.1.2.1).
 * `proof`: the same; and where the account has a password alone, a code that was sent to its address, so that a stolen password never
 * enrols a factor, changes an address or reads everything.
 */
export interface PersonRequirement {
  readonly fresh?: 'signIn' | 'proof' | undefined;
  /** Two factors are not enough where the account has a passkey (NIST SP 800-63B-4 §4.6: a new address needs the strongest). */
  readonly strongest?: boolean | undefined;
  /** The page enrols a factor: who has a link of an administrator, or a new account, needs none for it. */
  readonly enrolling?: boolean | undefined;
}

export interface PersonState extends Omit<StepUpState, 'requested'> {
  /** `SignedIn.secondFactorAt`: epoch seconds. */
  readonly secondFactorAt: number | undefined;
  readonly now: number;
  /** See `enrolling`. */
  readonly mayEnrol: boolean;
}

export type PersonNeed =
  | { readonly need: 'nothing' }
  | { readonly need: 'sign_in'; readonly acr?: Acr | undefined; readonly maxAge?: number | undefined }
  /** A second factor that the person has no way to enrol. */
  | { readonly need: 'enrolment' }
  /** A code that was sent to the address of the account. */
  | { readonly need: 'confirmation' }
  /** The person has just signed in with two factors, and another sign-in could end in the same way. */
  | { readonly need: 'passkey' };

/** Seconds for which a sign-in is fresh. */
const FRESH_SECONDS = 300;

const NOTHING: PersonNeed = { need: 'nothing' };

export function personNeeds(
  state: PersonState,
  { fresh, enrolling, strongest: isStrongest }: PersonRequirement,
): PersonNeed {
  const { acr, policy, mayEnrol, authTime, now } = state;
  const strongest = strongestOf(state);
  const hasTwo = isMultiFactor(strongest);
  if (policy === 'required') {
    if (!hasTwo && !mayEnrol) return { need: 'enrolment' };
    if (hasTwo && !hasUsedTwoFactors(state)) return { need: 'sign_in', acr: ACR.mfa };
  }
  if (isOfUnknownMethods(state)) return { need: 'sign_in', acr: hasTwo ? ACR.mfa : strongest };
  // The sign-in of these pages asks for it.
  if (hasSkippedFactor(state)) return { need: 'sign_in' };
  if (fresh === undefined) return NOTHING;
  const wanted = hasTwo && isStrongest !== true ? ACR.mfa : strongest;
  const isFresh = now - authTime <= FRESH_SECONDS;
  if (isFresh && wanted === ACR.passkey && acr === ACR.mfa) return { need: 'passkey' };
  if (!isFresh || !satisfies(acr, wanted)) return { need: 'sign_in', acr: wanted, maxAge: FRESH_SECONDS };
  // A mail stays at the lowest `acr` with a second factor, also with that of a remembered device.
  if (!hasTwo && hasFactor(state) && now - (state.secondFactorAt ?? 0) > FRESH_SECONDS)
    return { need: 'sign_in', acr: ACR.mfa, maxAge: 0 };
  if (fresh === 'signIn' || hasTwo || (enrolling === true && mayEnrol)) return NOTHING;
  return { need: 'confirmation' };
}
