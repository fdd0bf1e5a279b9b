import { type Client, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Context } from 'koa';
import { matches } from '../../clients/secrets.ts';
import { nearest } from '../../config/nearest.ts';
import type { Api } from '../../config/schema-apis.ts';
import type { Expectation } from '../../pages/page-data.ts';
import type { ClientRecord, Store } from '../../store/store.ts';
import { claimedClientId } from '../client-auth/claimed-client.ts';
import { addToQuery, redirectTo } from './redirect.ts';
import { clientSettings } from './client-settings.ts';
import { addDetail, type EngineError, scopeNotAllowed, UNKNOWN_CLIENT } from './error-detail.ts';

/**
 * Explanations in error responses of development mode: the detail that production writes to the log only, and the registered values, the
 * nearest first. Development is an issuer on localhost; production uses no part of this file.
 */
export type Explain = (ctx: KoaContextWithOIDC, error: EngineError) => Promise<Expectation[]>;

/** More than a development server has. */
const MAX_CLIENTS = 1000;
/** Of registered values that are not near. */
const MAX_LISTED = 10;

/** Characters, where the detail is part of an address. */
const MAX_PARAMETER_LENGTH = 1000;

export function createExplain(apis: readonly Api[], clients: Pick<Store['clients'], 'list'>): Explain {
  const audiences = apis.map(({ audience }) => audience);
  const expectations: Explain = async (ctx, error) => {
    const { client } = ctx.oidc;
    if (error.error_detail === UNKNOWN_CLIENT) {
      return unknownClient(claimedClientId(ctx), await clients.list({ limit: MAX_CLIENTS }));
    }
    if (error.error_description === 'unknown resource') {
      // Any of several resources may be the unknown one.
      const named = [ctx.oidc.params?.resource ?? []].flat().map(String);
      return candidates(named.find((each) => !audiences.includes(each)) ?? '', audiences);
    }
    if (error.error_description === 'audience is not a declared API') {
      return candidates(String(ctx.oidc.params?.audience), audiences);
    }
    if (client === undefined) return [];
    if (error instanceof errors.InvalidRedirectUri) {
      return addresses('redirect_uri', ctx, client.redirectUris);
    }
    if (error.error_description === 'post_logout_redirect_uri not registered') {
      return addresses('post_logout_redirect_uri', ctx, client.postLogoutRedirectUris);
    }
    if (error.error_detail === 'authorization code redirect_uri mismatch') {
      const code = await ctx.oidc.provider.AuthorizationCode.find(String(ctx.oidc.params?.code));
      const original = code?.redirectUri;
      return [
        ...addresses('redirect_uri', ctx),
        ...(original === undefined ? [] : [{ label: 'The authorization request had', values: [original] }]),
      ];
    }
    const scope = scopeNotAllowed(ctx, error);
    return scope === undefined ? [] : scopes(ctx, scope, client);
  };
  return async (ctx, error) => {
    addDetail(ctx, error);
    const detail = error.error_detail;
    const shown = detail === undefined ? [] : [{ label: 'Detail', values: [detail] }];
    // While the store is unavailable, only the detail is shown.
    return [...shown, ...(await expectations(ctx, error).catch(() => []))];
  };
}

/** Adds the explanation to responses that are not pages; `error-page.ts` adds it to pages. */
export function explainErrors(provider: Provider, explain: Explain): void {
  provider.use(async (ctx, next) => {
    await next();
    const error = ctx.state.failure as EngineError | undefined;
    if (error === undefined) return;
    const expectations = await explain(ctx as unknown as KoaContextWithOIDC, error);
    if (expectations.length > 0) addToResponse(ctx, formatExpectations(expectations));
  });
}

function addToResponse(ctx: Context, detail: string): void {
  const { body } = ctx;
  if (typeof body === 'object' && body !== null && 'error' in body) {
    ctx.body = { ...body, error_detail: detail };
    return;
  }
  // RFC 6749 §4.1.2: clients ignore response parameters that they do not know.
  const location = ctx.response.get('Location');
  if (/[?#&]error=/.test(location)) {
    const parameters = { error_detail: detail.slice(0, MAX_PARAMETER_LENGTH) };
    // A fragment is that of the response mode `fragment`: redirect URIs have none (RFC 6749 §3.1.2).
    const address = location.includes('#')
      ? `${location}&${new URLSearchParams(parameters).toString()}`
      : addToQuery(location, parameters);
    redirectTo(ctx, address);
  }
}

/** One line: the detail, then `did you mean: …; registered: …`. */
function formatExpectations(expectations: readonly Expectation[]): string {
  return expectations
    .map(({ label, values }) => {
      const text = values.join(', ');
      return label === 'Detail' ? text : `${label.charAt(0).toLowerCase()}${label.slice(1)}: ${text}`;
    })
    .join('; ');
}

function unknownClient(received: string, known: readonly ClientRecord[]): Expectation[] {
  const owner = known.find(({ secrets }) => secrets.some((secret) => matches(secret, received)));
  if (owner !== undefined) return [{ label: 'It is the client_secret of', values: [owner.id] }];
  const ids = known.map(({ id }) => id);
  return [{ label: 'Received client_id', values: [received] }, ...candidates(received, ids)];
}

function candidates(received: string, known: readonly string[], noun = 'Registered'): Expectation[] {
  const close = nearest(received, known);
  const others = known.filter((each) => each !== close).slice(0, MAX_LISTED);
  return [
    ...(close === undefined ? [] : [{ label: 'Did you mean', values: [close], suggested: true }]),
    ...(others.length === 0
      ? []
      : [{ label: close === undefined ? noun : `Also ${noun.toLowerCase()}`, values: others }]),
  ];
}

function addresses(
  name: string,
  { oidc, query }: KoaContextWithOIDC,
  registered: readonly string[] = [],
): Expectation[] {
  const value = (oidc.params ?? query)[name];
  const received = typeof value === 'string' ? value : '(none)';
  return [
    { label: `Received ${name}`, values: [received] },
    ...candidates(typeof value === 'string' ? value : '', registered),
  ];
}

function scopes(ctx: KoaContextWithOIDC, refused: string, client: Client): Expectation[] {
  const allowed = [...clientSettings(client).allowedScopes];
  const close = nearest(refused, allowed);
  return [
    { label: 'Received scope', values: [String(ctx.oidc.params?.scope)] },
    ...(close === undefined ? [] : [{ label: 'Did you mean', values: [close], suggested: true }]),
    { label: 'Scopes this client may ask for', values: allowed },
  ];
}
