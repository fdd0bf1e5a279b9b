import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { ACR_VALUES, satisfiesOne } from '../../config/authentication-context.ts';
import { reachableAcrValues } from '../../config/reachable-acr.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { Subjects } from '../engine/subjects.ts';
import type { Feature } from '../feature.ts';
import { isSignedInFor, loginOf } from '../engine/login-result.ts';
import { requestAmrWithAcr, requestedClaims } from './claims-parameter.ts';
import { isSignInTooOld } from './max-age.ts';
import { requestedAcr, requestedValues } from './requested-acr.ts';
import { lackOfSession, type StepUpContext, strongerSignInCheck } from './step-up.ts';

/**
 * Who has to sign in for a request, how, and how recently (OpenID Connect Core §3.1.2.1, §5.5.1). A session that does not satisfy the
 * request leads to a sign-in. When that cannot help, or did not help, the request fails, instead of asking for ever.
 */

export const authenticationContext: Feature = {
  spec: ['OpenID Connect Core 1.0 §5.5.1.1', 'RFC 8176'],
  clientMetadata: ['default_acr_values', 'mfa'],
  // All values, so that a registered client stays valid under another configuration: `discovery.ts` lists those that can be reached. The
  // engine calls the function for every request, also without the parameter.
  configure: () => ({ acrValues: [...ACR_VALUES], extraParams: { acr_values: requestAmrWithAcr } }),
};

const { Check } = interactionPolicy;

/** Replaces the engine's checks of the same requests. */
export function checkRequestedAuthentication(
  checks: interactionPolicy.Prompt['checks'],
  subjects: Pick<Subjects, 'of'>,
  context: StepUpContext,
): void {
  // They ask again after each sign-in that does not satisfy the request.
  for (const reason of ['claims_id_token_sub_value', 'essential_acrs', 'essential_acr'])
    checks.remove(reason);
  // It asks only before a sign-in, and not at 0 within a second.
  checks.remove('max_age');
  checks.add(new Check('max_age', 'End-User authentication is required', 'login_required', isSignInTooOld));
  checks.add(
    new Check(
      'requested_subject',
      'claims request another subject than the one that is signed in',
      'login_required',
      (ctx) => isOtherSubject(ctx, subjects),
    ),
  );
  checks.add(
    new Check('essential_acr', 'the requested acr needs a sign-in', 'login_required', (ctx) =>
      lacksEssentialAcr(ctx, context),
    ),
  );
  checks.add(strongerSignInCheck(context));
}

/** @throws LoginRequired when another subject has signed in for the request */
async function isOtherSubject(
  { oidc }: KoaContextWithOIDC,
  subjects: Pick<Subjects, 'of'>,
): Promise<boolean> {
  const { client, params, session } = oidc;
  const { id_token: idToken, userinfo } = requestedClaims(params ?? {});
  const lists = [idToken?.sub, userinfo?.sub].map(requestedValues).filter((values) => values !== undefined);
  if (lists.length === 0 || client === undefined) return false;
  if (session?.accountId !== undefined) {
    const subject = await subjects.of(client, session.accountId);
    if (lists.every((values) => values.includes(subject))) return false;
  }
  if (loginOf(oidc) === undefined) return true;
  throw new errors.LoginRequired('claims request another subject than the one that signed in');
}

/**
 * Whether a request that fails without a particular `acr` needs a sign-in; what a session can do about it is in `step-up.ts`.
 * @throws UnmetAuthenticationRequirements when no sign-in reaches one, or the person cannot
 */
async function lacksEssentialAcr(ctx: KoaContextWithOIDC, context: StepUpContext): Promise<boolean> {
  const { params, acr, account, client } = ctx.oidc;
  const { values, isEssential } = requestedAcr(params ?? {});
  if (!isEssential) return false;
  if (values.length > 0 && satisfiesOne(acr, values)) return false;
  const reachable = reachableAcrValues(context.config, client && clientSettings(client).mfa);
  const isReachable = values.length > 0 && reachable.some((each) => satisfiesOne(each, values));
  if (isReachable && !isSignedInFor(ctx.oidc)) {
    if (account === undefined || ctx.oidc.promptPending('login')) return true;
    if ((await lackOfSession(ctx, context)) !== undefined) return false;
  }
  throw new errors.UnmetAuthenticationRequirements('no sign-in here reaches an essential acr of the request');
}
