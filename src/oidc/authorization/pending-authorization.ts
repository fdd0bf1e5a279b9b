import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { Client, Provider } from 'oidc-provider';
import { shownLogo } from '../../clients/logos/shown-logo.ts';
import { isLoopback } from '../../clients/redirect-uri.ts';
import { STANDARD_SCOPES } from '../../config/standard-scopes.ts';
import type { MfaMode } from '../../config/authentication-context.ts';
import { preferredLanguages, useLanguages } from '../../http/languages.ts';
import { type ClientDisplay, displayOf } from '../engine/client-display.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { type Apis, findAccess } from '../tokens/api-access.ts';
import { isOpenedBy, personalClaims } from './claims-parameter.ts';
import { destinationsOf } from './consent-destination.ts';
import type { RememberedConsent } from './consent-memory.ts';
import { needsConsentEachTime } from './device-redirect.ts';
import type { AccountSelection } from './prompts.ts';
import { otherAccountUrl } from './repeat-request.ts';
import { requestedAcr } from './requested-acr.ts';

/** A pending authorization request as the pages of an interaction see it: no type of oidc-provider is exposed. */
export interface PendingAuthorization {
  /** Identifies the interaction; also in the URL and in its cookie. */
  uid: string;
  /** Token of the forms of this interaction, derived from a value that never leaves the server. */
  csrf: string;
  prompt: string;
  /** Set after the sign-in. */
  accountId: string | undefined;
  client: PendingClient;
  loginHint: string | undefined;
  /** The request is for one account (`id_token_hint`). */
  isForOneAccount: boolean;
  /** Another account than that of `accountId` was selected. */
  otherAccountSelected: boolean;
  redirectUri: string;
  /** Consent counts for this request only: the response goes to the device of the person. */
  consentEachTime: boolean;
  /** Requested scopes, claims and APIs that consent would grant. */
  requested: RememberedConsent;
  /** Repeats the request for another account; undefined where it cannot be repeated. */
  otherAccountUrl: string | undefined;
  /** `acr` values, one of which the sign-in is to reach. */
  requestedAcr: readonly string[];
  /** Names the sign-in between its steps, in this browser; only the server can derive it. */
  signInKey: string;
}

export interface PendingClient extends ClientDisplay {
  id: string;
  /** The `logo_uri`, where it may be shown. */
  logoUri: string | undefined;
  /** Email addresses. */
  contacts: readonly string[];
  /** Whether people need a second factor for it, beside what the configuration says. */
  mfa: MfaMode | undefined;
  /** It registered itself (RFC 7591), and the operator has not checked who it is. */
  selfRegistered: boolean;
  /** Of a client whose id is the address of a document: its host. */
  documentHost: string | undefined;
  /** Every redirect URI is a loopback address, so that any program on the device can pretend to be the client. */
  onlyLoopback: boolean;
}

export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

export function pendingAuthorization(
  ctx: Context,
  interaction: Interaction,
  client: Client,
  apis: Apis,
): PendingAuthorization {
  const { params } = interaction;
  useLanguages(ctx, params.ui_locales);
  const requested = requestedConsent(params, client, apis);
  return {
    uid: interaction.uid,
    csrf: csrfToken(interaction, requested),
    prompt: interaction.prompt.name,
    accountId: interaction.session?.accountId,
    // The language of the account is known later.
    get client() {
      return pendingClient(client, preferredLanguages(ctx));
    },
    loginHint: typeof params.login_hint === 'string' ? params.login_hint : undefined,
    isForOneAccount: params.id_token_hint !== undefined,
    otherAccountSelected: selectionOf(interaction)?.other === true,
    redirectUri: String(params.redirect_uri),
    consentEachTime: needsConsentEachTime(client, String(params.redirect_uri)),
    requested,
    otherAccountUrl: isRepeatable(interaction) ? otherAccountUrl(ctx, params) : undefined,
    requestedAcr: requestedAcr(params).values,
    signInKey: signInKey(interaction),
  };
}

function selectionOf({ lastSubmission }: Interaction): AccountSelection | undefined {
  return lastSubmission?.select_account as AccountSelection | undefined;
}

/** Whether the browser may repeat the request: not a pushed (RFC 9126) or signed one (RFC 9101). */
function isRepeatable({ trusted, ...interaction }: Interaction): boolean {
  const { parJti } = interaction as { parJti?: string };
  return parJti === undefined && (trusted ?? []).length === 0;
}

/** Bound to the consent that the page shows: the form of a page is invalid when the client's registration has changed since. */
function csrfToken({ uid, cid }: { uid: string; cid: string }, requested: RememberedConsent): string {
  return createHash('sha256')
    .update(JSON.stringify(['csrf', uid, cid, requested]))
    .digest('base64url');
}

/** From the value that never leaves the server. */
function signInKey({ uid, cid }: { uid: string; cid: string }): string {
  return createHash('sha256')
    .update(JSON.stringify(['sign-in', uid, cid]))
    .digest('base64url');
}

function pendingClient(client: Client, languages: readonly string[]): PendingClient {
  const shown = displayOf(client, languages);
  const { selfRegistered, mfa } = clientSettings(client);
  const redirectUris = client.redirectUris ?? [];
  return {
    id: client.clientId,
    ...shown,
    logoUri: shownLogo({ logoUri: shown.logoUri, redirectUris }, selfRegistered === undefined),
    contacts: client.contacts ?? [],
    mfa,
    selfRegistered: selfRegistered !== undefined,
    documentHost: selfRegistered?.isDocument === true ? new URL(client.clientId).host : undefined,
    onlyLoopback: redirectUris.every((uri) => isLoopback(new URL(uri))),
  };
}

/** Contains every API that a token would be for, also one without scopes. */
function requestedConsent(params: Record<string, unknown>, client: Client, apis: Apis): RememberedConsent {
  const { allowedScopes } = clientSettings(client);
  const scopes = stringOf(params.scope)
    .split(' ')
    .filter((scope) => allowedScopes.has(scope));
  const resources: Record<string, string[]> = {};
  for (const resource of [params.resource ?? []].flat()) {
    const access = findAccess(apis, client, stringOf(resource));
    if (access !== undefined) {
      resources[access.api.audience] = scopes.filter((scope) => access.scopes.includes(scope));
    }
  }
  const claims = personalClaims(params).filter((claim) => isOpenedBy(allowedScopes, claim));
  const consent: RememberedConsent = {
    openid: scopes.filter((scope) => STANDARD_SCOPES.has(scope)),
    ...(claims.length > 0 && { claims }),
    resources,
  };
  const destinations = destinationsOf(client, stringOf(params.redirect_uri), consent);
  return { ...consent, ...(destinations && { destinations }) };
}

function stringOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}
