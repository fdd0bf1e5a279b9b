import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { continuePage } from '../../pages/continue-page.ts';
import type { RenderPage } from '../../pages/render.ts';
import type { ResponseModeHandler, ResponseParameters } from '../engine/intercepted-provider.ts';
import { addFragment, addToQuery, redirectTo } from '../engine/redirect.ts';
import { isFrontChannel, sortedType } from '../../clients/response-types.ts';
import { override } from '../overrides.ts';

/**
 * How an authorization response gets to the client (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response
 * Mode), in place of the engine's handlers.
 */
export function responseModeHandlers(
  renderPage: RenderPage,
): Record<'query' | 'fragment' | 'form_post', ResponseModeHandler> {
  const showContinue = continuePage(renderPage);
  return {
    query(ctx, redirectUri, parameters) {
      redirectTo(ctx, addToQuery(redirectUri, withIssuer(ctx, parameters)));
    },
    fragment(ctx, redirectUri, parameters) {
      redirectTo(ctx, addFragment(redirectUri, withIssuer(ctx, parameters)));
    },
    form_post(ctx, redirectUri, parameters) {
      const fields = Object.entries(withIssuer(ctx, parameters)).map(([name, value]) => ({
        name,
        value: String(value),
      }));
      // The page has the status that the engine gives to its own.
      if (!FORM_POST_STATUSES.has(ctx.status)) ctx.status = 'error' in parameters ? 400 : 200;
      showContinue(ctx, { action: redirectUri, fields });
    },
  };
}

/** The engine leaves `iss` out where the response has an ID token. A client that knows RFC 9207 looks for it in each response (§2.4). */
function withIssuer({ oidc }: KoaContextWithOIDC, parameters: ResponseParameters): ResponseParameters {
  return { ...parameters, iss: oidc.issuer };
}

const FORM_POST_STATUSES: ReadonlySet<number> = new Set([200, 400, 500]);

interface Registered {
  responseTypes: readonly string[];
  responseModes: readonly string[];
}

type ResponseModeAllowed = (
  this: Registered,
  mode: string | undefined,
  responseType: string | undefined,
  fapiProfile?: string,
) => boolean;

/**
 * Restricts responses to the response types, response modes and redirect URIs that the client has registered now (OWASP ASVS 10.4.12).
 * The engine's own check stays in force where it is about a FAPI profile; it answers with `invalid_request`.
 */
export function restrictResponseModes(provider: Provider): void {
  override<ResponseModeAllowed>(
    provider,
    'Client.prototype.responseModeAllowed',
    (responseModeAllowed) =>
      function isRegistered(mode, responseType, fapiProfile) {
        // A later check reports that it is missing.
        if (responseType === undefined) return true;
        requireRegisteredType(this, responseType);
        if (fapiProfile !== undefined && !responseModeAllowed.call(this, mode, responseType, fapiProfile))
          return false;
        if (mode !== undefined && this.responseModes.includes(mode)) return true;
        throw new errors.UnsupportedResponseMode('response_mode is not registered for this client');
      },
  );
  provider.on('authorization.error', ({ oidc: { params, client } }, error) => {
    // The address of an interaction has no parameters; the engine would use those that were added to it.
    if (params === undefined) error.allow_redirect = false;
    if (params === undefined || client === undefined) return;
    const { responseModes } = client as unknown as Registered;
    const mode = params.response_mode;
    // The engine would answer in the mode that it rejects, also for errors that it finds before it checks the mode.
    if (
      !responseModes.includes(String(mode)) ||
      (mode === 'query' && isFrontChannel(String(params.response_type)))
    )
      params.response_mode = undefined;
    // The redirect URI may have been removed during the sign-in.
    if (!client.redirectUriAllowed(String(params.redirect_uri))) error.allow_redirect = false;
  });
}

/**
 * The same check where a request resumes: the client may have changed since the engine has checked it.
 * @throws UnsupportedResponseType, UnsupportedResponseMode, InvalidRequest
 */
export function requireRegisteredResponse({ oidc }: KoaContextWithOIDC): void {
  const { client, params, responseMode, fapiProfile } = oidc as typeof oidc & {
    client?: Registered & { responseModeAllowed: ResponseModeAllowed };
    responseMode?: string;
    fapiProfile?: string;
  };
  if (client?.responseModeAllowed(responseMode, String(params?.response_type), fapiProfile) === false)
    throw new errors.InvalidRequest('requested response_mode is not allowed for this client or request');
}

/**
 * Here, because the engine's check, which is a later one, does not say what the client can use. That check ignores the order of values, and
 * repeated ones.
 */
function requireRegisteredType({ responseTypes }: Registered, requested: string): void {
  const type = sortedType([...new Set(requested.split(' '))].join(' '));
  if (responseTypes.includes(type)) return;
  if (responseTypes.length === 0)
    throw new errors.InvalidRequest('requested response_type is not allowed for this client');
  throw new errors.UnsupportedResponseType(
    responseTypes.every((each) => each === 'code')
      ? 'response_type must be code'
      : `response_type must be one of those that the client is registered for: ${responseTypes.join(', ')}`,
  );
}
