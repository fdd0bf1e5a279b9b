import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { type ErrorText, errorText, SIGN_OUT_FAILED, tooManyRequests } from '../../pages/error-texts.ts';
import type { RenderPage } from '../../pages/render.ts';
import { useLanguages } from '../../http/languages.ts';
import { interactionPath } from '../../http/paths.ts';
import { clientSettings } from './client-settings.ts';
import { addToQuery, redirectTo } from './redirect.ts';
import type { Explain } from './explain.ts';
import { AlreadyResumedError } from '../authorization/interaction-end.ts';
import { TooManyDocumentsError } from '../registration/document-quota.ts';

/** Browser scripts of the OpenID conformance suite wait for this text, which the engine's own error page has. */
const SUMMARY = 'oops! something went wrong';

/** Except `end_session_success`, where the session has ended. */
const SIGN_OUT_ROUTES: ReadonlySet<string> = new Set(['end_session', 'end_session_confirm']);

/**
 * The engine's errors as a page. In development mode the page also shows what was expected and received; in production only the log has
 * that.
 * @param explain in development
 */
export function errorPage(
  renderPage: RenderPage,
  explain: Explain | undefined,
): NonNullable<Configuration['renderError']> {
  return async (ctx, out, error) => {
    const traceId = ctx.state.traceId;
    useLanguages(ctx, (ctx.oidc.params ?? ctx.query).ui_locales);
    if (await endUnresumable(ctx, error)) {
      // A browser loads the page of that interaction, which links to the application.
      ctx.set('Refresh', `0; url=${interactionPath(ctx, ctx.path.split('/')[2] ?? '')}`);
      renderPage(ctx, 'expired-interaction', { traceId });
      return;
    }
    const address = duplicateRedirectUri(ctx, error);
    if (address !== undefined) {
      redirectTo(ctx, addToQuery(address, { ...out }));
      return;
    }
    const shown = namesNoClient(ctx, error) ? new errors.InvalidClient('client is invalid') : undefined;
    const code = shown?.error ?? out.error;
    const expected = (await explain?.(ctx, error)) ?? [];
    const isSignOut = SIGN_OUT_ROUTES.has(ctx.oidc.route) && ctx.status < 500;
    renderPage(ctx, 'error', {
      words: isSignOut ? SIGN_OUT_FAILED : textOf(error, code, ctx.status),
      error: code,
      description: shown?.error_description ?? out.error_description ?? error.message,
      summary: SUMMARY,
      traceId,
      ...(expected.length > 0 && { expected }),
    });
  };
}

function textOf(error: Error, code: string, status: number): ErrorText {
  return error instanceof TooManyDocumentsError ? tooManyRequests(error.retryAfter) : errorText(code, status);
}

/**
 * Ends an interaction that cannot resume: the browser has returned to an address between two pages, or has no longer the session of the
 * interaction. Its page then offers to start again.
 * @returns whether the error is of that kind
 */
async function endUnresumable(ctx: KoaContextWithOIDC, error: Error): Promise<boolean> {
  const { route, entities } = ctx.oidc;
  if (!(error instanceof errors.SessionNotFound) || route !== 'resume') return false;
  if (entities.Interaction !== undefined && !(error instanceof AlreadyResumedError)) {
    try {
      await entities.Interaction.destroy();
    } catch (failure) {
      if (!(failure instanceof AlreadyResumedError)) throw failure;
    }
  }
  return true;
}

/** A missing, an empty and an unknown `client_id` get the same page. */
function namesNoClient({ oidc, query }: KoaContextWithOIDC, error: Error): boolean {
  if (oidc.route !== 'authorization' || oidc.client !== undefined) return false;
  return error instanceof errors.InvalidClient || (query.client_id ?? '') === '';
}

/** A repeated `redirect_uri` with equal, registered values: the error can be returned to it like any other. */
function duplicateRedirectUri({ oidc, query }: KoaContextWithOIDC, error: Error): string | undefined {
  const [address = '', ...others] = Array.isArray(query.redirect_uri) ? query.redirect_uri : [];
  if (oidc.route !== 'authorization' || !(error instanceof errors.InvalidRequest)) return undefined;
  if (others.length === 0 || others.some((other) => other !== address)) return undefined;
  // A client that registered itself gets no redirect before the person has done anything (RFC 9700 §4.11.2).
  const { client } = oidc;
  if (client === undefined || clientSettings(client).selfRegistered !== undefined) return undefined;
  return client.redirectUriAllowed(address) ? address : undefined;
}
