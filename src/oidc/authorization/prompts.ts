import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { accessPrompt } from './allowed-groups.ts';
import { CONSENT_EACH_TIME, needsConsentEachTime } from './device-redirect.ts';
import { offersSignUp } from '../../config/schema-sign-up.ts';
import { destinationsIn, destinationsOf } from './consent-destination.ts';
import { createPrompt } from './create-prompt.ts';
import { requestedConsent } from './consent-grant.ts';
import { coversApi } from './grant-apis.ts';
import { keepAccountPrompt } from './keep-account.ts';
import { checkRequestedAuthentication } from './requested-authentication.ts';
import { secondFactorPrompt, type StepUpContext } from './step-up.ts';
import type { Subjects } from '../engine/subjects.ts';

const { Check, Prompt } = interactionPolicy;

/** What the person chose at `select_account`, in the result of that step. */
export interface AccountSelection {
  /** Another account than that of the session. */
  other: boolean;
}

/** Checks that the engine's interaction policy lacks: when a person must sign in, and when they must consent. */
export function interactionPrompts(
  subjects: Subjects,
  context: StepUpContext,
): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base();
  const checks = prompts.get('login')?.checks;
  if (checks !== undefined) checkRequestedAuthentication(checks, subjects, context);
  checks?.add(
    new Check(
      'account_unavailable',
      'End-User authentication is required',
      'login_required',
      accountUnavailable,
    ),
  );
  checks?.add(
    new Check('other_account', 'End-User authentication is required', 'login_required', (ctx) =>
      requireHintedAccount(ctx, subjects),
    ),
  );
  checks?.add(
    new Check(
      'other_account_selected',
      'End-User authentication is required',
      'login_required',
      selectedOtherAccount,
    ),
  );
  prompts.add(selectAccount(subjects), 0);
  if (offersSignUp(context.config)) prompts.add(createPrompt(), 1);
  const afterLogin = prompts.findIndex(({ name }) => name === 'login') + 1;
  prompts.add(secondFactorPrompt(context), afterLogin);
  prompts.add(keepAccountPrompt(context), afterLogin + 1);
  prompts.add(accessPrompt(context), afterLogin + 2);
  const consent = prompts.get('consent')?.checks;
  // It asks for every response to a native client, also to an https address that the app has claimed.
  consent?.remove('native_client_prompt');
  consent?.add(
    new Check('consent_each_time', CONSENT_EACH_TIME, 'consent_required', lacksConsentOfThisRequest),
  );
  consent?.add(
    new Check('api_not_shown', 'requested API not granted', 'consent_required', requestsUngrantedApi),
  );
  consent?.add(
    new Check(
      'destination_not_shown',
      'requested access not granted for this redirect_uri',
      'consent_required',
      leadsElsewhere,
    ),
  );
  return prompts;
}

/** The values of the parameter `prompt`: `prompt_values_supported` (Initiating User Registration via OpenID Connect 1.0). */
export function promptValues(prompts: interactionPolicy.DefaultPolicy): string[] {
  return ['none', ...prompts.filter(({ requestable }) => requestable).map(({ name }) => name)];
}

/** OpenID Connect Core §3.1.2.1. The first prompt: what follows is asked of the selected account. */
function selectAccount(subjects: Subjects): interactionPolicy.Prompt {
  const prompt = new Prompt({ name: 'select_account', requestable: true });
  // It asks also where there is nothing to select.
  prompt.checks.clear();
  prompt.checks.add(
    new Check(
      'select_account_prompt',
      'End-User account selection is required',
      'account_selection_required',
      (ctx) => requestsSelection(ctx, subjects),
    ),
  );
  return prompt;
}

/**
 * Only the account of the session can be selected. Without one, a sign-in is the selection; so it is where the request has selected another
 * account (`id_token_hint`).
 */
async function requestsSelection({ oidc }: KoaContextWithOIDC, subjects: Subjects): Promise<boolean> {
  const { account, result, entities } = oidc;
  if (!oidc.promptPending('select_account') || result?.login !== undefined) return false;
  const hinted = entities.IdTokenHint?.payload.sub;
  return account !== undefined && (hinted === undefined || hinted === (await sessionSubject(oidc, subjects)));
}

function selectedOtherAccount({ oidc: { result } }: KoaContextWithOIDC): boolean {
  const selection = result?.select_account as AccountSelection | undefined;
  return selection?.other === true && result?.login === undefined;
}

/** RFC 8252 §8.6. */
function lacksConsentOfThisRequest({ oidc: { client, params, result } }: KoaContextWithOIDC): boolean {
  if (client === undefined || result?.consent !== undefined) return false;
  return needsConsentEachTime(client, String(params?.redirect_uri));
}

/** The session's account was disabled or removed: a new sign-in is required. */
function accountUnavailable({ oidc: { session, account } }: KoaContextWithOIDC): boolean {
  return session?.accountId !== undefined && account === undefined;
}

/**
 * A request with an `id_token_hint` is answered for that account only (OpenID Connect Core §3.1.2.2). The engine asks for a sign-in, and
 * accepts any account.
 * @throws LoginRequired
 */
async function requireHintedAccount({ oidc }: KoaContextWithOIDC, subjects: Subjects): Promise<boolean> {
  const hinted = oidc.route === 'resume' ? oidc.params?.id_token_hint : undefined;
  if (hinted !== undefined && hinted !== (await sessionSubject(oidc, subjects)))
    throw new errors.LoginRequired('id_token_hint names another account than the one that signed in');
  return false;
}

/** What the client knows the account of the session by. */
async function sessionSubject(
  { client, session }: KoaContextWithOIDC['oidc'],
  subjects: Subjects,
): Promise<string | undefined> {
  if (client === undefined || session?.accountId === undefined) return undefined;
  return await subjects.of(client, session.accountId);
}

/** A client that registered itself asks for what was not yet allowed at this redirect URI. */
function leadsElsewhere(ctx: KoaContextWithOIDC): boolean {
  const { client, params, grant, result } = ctx.oidc;
  if (client === undefined || result?.consent !== undefined) return false;
  const wanted = destinationsOf(client, String(params?.redirect_uri), requestedConsent(ctx, client));
  const allowed = grant === undefined ? [] : destinationsIn(grant);
  return wanted?.some((each) => allowed?.includes(each) !== true) === true;
}

/** The engine compares scopes; an API may have none. */
function requestsUngrantedApi({ oidc: { grant, resourceServers } }: KoaContextWithOIDC): boolean {
  return Object.keys(resourceServers ?? {}).some(
    (resource) => grant === undefined || !coversApi(grant, resource),
  );
}
