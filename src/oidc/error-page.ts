import { errors, type Client, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { ErrorPage } from '../http/page-data.ts';
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
    const expected = development ? expectations(ctx, error) : [];
    showPage(ctx, 'error', {
      error: out.error,
      description: out.error_description ?? error.message,
      traceId: ctx.state.traceId as string,
      ...(expected.length > 0 && { expected }),
    });
  };
}

type Expectation = NonNullable<ErrorPage['expected']>[number];

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
  const registered = [...(client.redirectUris ?? [])];
  const close = typeof uri === 'string' ? nearest(uri, registered) : undefined;
  return [
    received('redirect_uri', uri),
    { label: 'Registered redirect URIs', values: registered },
    ...(close === undefined ? [] : [{ label: 'Did you mean', values: [close] }]),
  ];
}

function received(name: string, value: unknown): Expectation {
  return { label: `Received ${name}`, values: [typeof value === 'string' ? value : '(none)'] };
}
