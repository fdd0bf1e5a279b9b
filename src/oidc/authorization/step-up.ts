import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { usableFactors } from '../../accounts/sign-in/methods.ts';
import { stepUp } from '../../accounts/sign-in/next-step.ts';
import { mfaPolicy } from '../../accounts/sign-in/policy.ts';
import { relyingParty } from '../../config/relying-party.ts';
import { isAccountClient } from '../../clients/account-client.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { isSignedInFor } from '../engine/login-result.ts';
import type { FeatureContext } from '../feature.ts';
import { requestedAcr } from './requested-acr.ts';

/**
 * What a session lacks for a request: the policy for the client and the account asks for a second factor, or the request for an `acr`
 * (RFC 9470 §5). Where the second factor is all that is missing, the person is asked for that alone.
 */

const { Check, Prompt } = interactionPolicy;

export type StepUpContext = Pick<FeatureContext, 'config' | 'findAccount'>;

/** After `login`, and before `consent`. */
export function secondFactorPrompt(context: StepUpContext): interactionPolicy.Prompt {
  return new Prompt(
    { name: 'second_factor', requestable: false },
    new Check(
      'second_factor_missing',
      'a second factor is required',
      'login_required',
      async (ctx) => (await lackOfSession(ctx, context)) === 'second_factor',
    ),
  );
}

/** For the prompt `login`. */
export function strongerSignInCheck(context: StepUpContext): interactionPolicy.Check {
  return new Check(
    'stronger_sign_in',
    'another way to sign in is required',
    'login_required',
    async (ctx) => (await lackOfSession(ctx, context)) === 'sign_in',
  );
}

export async function lackOfSession(
  { oidc }: KoaContextWithOIDC,
  { config, findAccount }: StepUpContext,
): Promise<'second_factor' | 'sign_in' | undefined> {
  const { session, client, params } = oidc;
  const { accountId, acr, loginTs = 0, secondFactorAt } = session as SessionMembers;
  if (client === undefined || accountId === undefined || oidc.account === undefined) return undefined;
  const requested = requestedAcr(params ?? {});
  // A sign-in for this request has reached what the person has.
  const isAnswered = isSignedInFor(oidc);
  // A request without pages gets what the session has, unless it says that it needs more (Core §5.5.1.1).
  const isWish = !requested.isEssential && oidc.promptPending('none');
  const account = await findAccount(accountId);
  if (account === undefined) return undefined;
  // The pages of the account look after themselves: a person without a second factor enrols one there.
  const policy = mfaPolicy(config.mfa, account, clientSettings(client).mfa);
  return stepUp({
    acr,
    authTime: loginTs,
    hasUsedSecondFactor: secondFactorAt !== undefined,
    hasPassword: account.hasPassword,
    ...usableFactors(account, relyingParty(config)),
    policy: policy === 'required' && isAccountClient(client.clientId) ? 'optional' : policy,
    requested: isAnswered || isWish ? [] : requested.values,
  });
}

interface SessionMembers {
  accountId?: string;
  acr?: string;
  /** Epoch seconds. */
  loginTs?: number;
  secondFactorAt?: number;
}
