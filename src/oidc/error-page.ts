import { errors, type Client, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { Expectation } from '../http/page-data.ts';
import type { ShowPage } from '../http/show-page.ts';
import { nearest } from '../config/nearest.ts';
import { clientSettings } from './client-settings.ts';
import { AlreadyResumedError } from './interaction-end.ts';

/**
 * The engine's errors as a page. In development the page also says what was expected and what came, so that an app's developer need not
 * guess; in production that is in the log only.
 */
export function errorPage(
  showPage: ShowPage,
  development: boolean,
): NonNullable<Configuration['renderError']> {
  return (ctx, out, error) => {
    const traceId = ctx.state.traceId as string;
    if (isFinished(ctx, error)) {
      // A person's browser goes on to the page of that interaction, which knows the way back.
      ctx.set('Refresh', `0; url=/interaction/${ctx.path.split('/')[2]}`);
      showPage(ctx, 'over', { traceId });
      return;
    }
    const address = repeatedAddress(ctx, error);
    if (address !== undefined) {
      ctx.status = 303;
      ctx.redirect(withParameters(address, out));
      return;
    }
    const shown = namesNoClient(ctx, error) ? new errors.InvalidClient('client is invalid') : undefined;
    const expected = development && shown === undefined ? expectations(ctx, error) : [];
    showPage(ctx, 'error', {
      error: shown?.error ?? out.error,
      description: shown?.error_description ?? out.error_description ?? error.message,
      traceId,
      ...(expected.length > 0 && { expected }),
    });
  };
}

/** Someone came back to a step between two pages. */
function isFinished(ctx: KoaContextWithOIDC, error: Error): boolean {
  const { route, entities } = ctx.oidc;
  if (!(error instanceof errors.SessionNotFound) || route !== 'resume') return false;
  return entities.Interaction === undefined || error instanceof AlreadyResumedError;
}

/** None, an empty one and one that nobody has get the same page. */
function namesNoClient({ oidc, query }: KoaContextWithOIDC, error: Error): boolean {
  if (oidc.route !== 'authorization' || oidc.client !== undefined) return false;
  return error instanceof errors.InvalidClient || (query.client_id ?? '') === '';
}

/** A redirect URI that was sent twice is refused like any other parameter, and is still one that the client has registered. */
function repeatedAddress({ oidc, query }: KoaContextWithOIDC, error: Error): string | undefined {
  const [address = '', ...others] = Array.isArray(query.redirect_uri) ? query.redirect_uri : [];
  if (oidc.route !== 'authorization' || !(error instanceof errors.InvalidRequest)) return undefined;
  if (others.length === 0 || others.some((other) => other !== address)) return undefined;
  return oidc.client?.redirectUriAllowed(address) === true ? address : undefined;
}

function withParameters(address: string, parameters: object): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'string') url.searchParams.set(name, value);
  }
  return url.href;
}

function expectations(ctx: KoaContextWithOIDC, error: Error): Expectation[] {
  const { client } = ctx.oidc;
  const parameters = (ctx.oidc.params ?? ctx.query) as Record<string, unknown>;
  if (error instanceof errors.InvalidRedirectUri && client !== undefined) {
    return redirectUris(client, parameters.redirect_uri);
  }
  if (error instanceof errors.InvalidScope && client !== undefined) {
    return [
      received('scope', parameters.scope),
      { label: 'Scopes this client may ask for', values: [...clientSettings(client).allowedScopes] },
    ];
  }
  const detail = (error as Error & { error_detail?: string }).error_detail;
  return detail === undefined ? [] : [{ label: 'Detail', values: [detail] }];
}

function redirectUris(client: Client, uri: unknown): Expectation[] {
  const registered = client.redirectUris ?? [];
  const close = typeof uri === 'string' ? nearest(uri, registered) : undefined;
  const others = registered.filter((each) => each !== close);
  return [
    received('redirect_uri', uri),
    ...(close === undefined ? [] : [{ label: 'Did you mean', values: [close], suggested: true }]),
    ...(others.length === 0
      ? []
      : [{ label: close === undefined ? 'Registered' : 'Also registered', values: others }]),
  ];
}

function received(name: string, value: unknown): Expectation {
  return { label: `Received ${name}`, values: [typeof value === 'string' ? value : '(none)'] };
}
