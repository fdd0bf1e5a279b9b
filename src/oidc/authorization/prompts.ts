import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { CONSENT_EACH_TIME } from '../engine/redirect-uri-detail.ts';
import { needsConsentEachTime } from './device-redirect.ts';
import { coversApi } from './grant-apis.ts';

const { Check } = interactionPolicy;

/** Checks that the engine's interaction policy lacks: when a person must sign in, and when they must consent. */
export function interactionPrompts(): interactionPolicy.DefaultPolicy {
  const prompts = interactionPolicy.base();
  const checks = prompts.get('login')?.checks;
  checks?.add(
    new Check(
      'account_unavailable',
      'End-User authentication is required',
      'login_required',
      accountUnavailable,
    ),
  );
  checks?.add(
    new Check('other_account', 'End-User authentication is required', 'login_required', requireHintedAccount),
  );
  const consent = prompts.get('consent')?.checks;
  // It asks for every response to a native client, also to an https address that the app has claimed.
  consent?.remove('native_client_prompt');
  consent?.add(
    new Check('consent_each_time', CONSENT_EACH_TIME, 'consent_required', lacksConsentOfThisRequest),
  );
  consent?.add(
    new Check('api_not_shown', 'requested API not granted', 'consent_required', requestsUngrantedApi),
  );
  return prompts;
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
function requireHintedAccount({ oidc: { route, params, session } }: KoaContextWithOIDC): boolean {
  const hinted = route === 'resume' ? params?.id_token_hint : undefined;
  if (hinted !== undefined && hinted !== session?.accountId)
    throw new errors.LoginRequired('id_token_hint names another account than the one that signed in');
  return false;
}

/** The engine compares scopes; an API may have none. */
function requestsUngrantedApi({ oidc: { grant, resourceServers } }: KoaContextWithOIDC): boolean {
  return Object.keys(resourceServers ?? {}).some(
    (resource) => grant === undefined || !coversApi(grant, resource),
  );
}
