import { errors, type Client, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { Expectation } from '../http/page-data.ts';
import type { ShowPage } from '../http/show-page.ts';
import { nearest } from '../config/nearest.ts';
import { clientSettings } from './client-settings.ts';

/**
 * The engine's errors as a page. In development the page also says what was expected and what came, so that an app's developer need not
 * guess; in production that is in the log only.
 */
export function errorPage(
  showPage: ShowPage,
  development: boolean,
): NonNullable<Configuration['renderError']> {
  return (ctx, out, error) => {
    if (isFinished(ctx, error)) {
      ctx.status = 303;
      ctx.redirect(`/interaction/${ctx.path.split('/')[2]}`);
      return;
    }
    const expected = development ? expectations(ctx, error) : [];
    showPage(ctx, 'error', {
      error: out.error,
      description: out.error_description ?? error.message,
      traceId: ctx.state.traceId as string,
      ...(expected.length > 0 && { expected }),
    });
  };
}

/** Someone came back to a step between two pages; the page of that interaction knows how to go on. */
function isFinished(ctx: KoaContextWithOIDC, error: Error): boolean {
  const { route, entities } = ctx.oidc;
  return error instanceof errors.SessionNotFound && route === 'resume' && entities.Interaction === undefined;
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
