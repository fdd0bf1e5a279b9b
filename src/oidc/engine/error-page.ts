import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { errorText, SIGN_OUT_FAILED } from '../../pages/error-texts.ts';
import type { RenderPage } from '../../pages/render.ts';
import type { Explain } from './explain.ts';
import { AlreadyResumedError } from '../authorization/interaction-end.ts';

/** Test scripts of the OpenID conformance suite wait for it; the engine says it for errors of its own. */
const SUMMARY = 'oops! something went wrong';

/** Not the goodbye, which is shown when the session has ended. */
const SIGN_OUT_ROUTES: ReadonlySet<string> = new Set(['end_session', 'end_session_confirm']);

/**
 * The engine's errors as a page. In development the page also says what was expected and what came, so that an app's developer need not
 * guess; in production that is in the log only.
 * @param explain in development
 */
export function errorPage(
  renderPage: RenderPage,
  explain: Explain | undefined,
): NonNullable<Configuration['renderError']> {
  return async (ctx, out, error) => {
    const traceId = ctx.state.traceId;
    if (await isFinished(ctx, error)) {
      // A person's browser goes on to the page of that interaction, which knows the way back.
      ctx.set('Refresh', `0; url=/interaction/${ctx.path.split('/')[2]}`);
      renderPage(ctx, 'over', { traceId });
      return;
    }
    const address = repeatedAddress(ctx, error);
    if (address !== undefined) {
      ctx.status = 303;
      ctx.redirect(withParameters(address, out));
      return;
    }
    const shown = namesNoClient(ctx, error) ? new errors.InvalidClient('client is invalid') : undefined;
    const code = shown?.error ?? out.error;
    const expected = (await explain?.(ctx, error)) ?? [];
    const isSignOut = SIGN_OUT_ROUTES.has(ctx.oidc.route) && ctx.status < 500;
    renderPage(ctx, 'error', {
      words: isSignOut ? SIGN_OUT_FAILED : errorText(code, ctx.status),
      error: code,
      description: shown?.error_description ?? out.error_description ?? error.message,
      summary: SUMMARY,
      traceId,
      ...(expected.length > 0 && { expected }),
    });
  };
}

/**
 * Someone came back to a step between two pages. Or the interaction belongs to a session that the browser has no more, where it would
 * get no further: it ends, so that its page offers to begin again.
 */
async function isFinished(ctx: KoaContextWithOIDC, error: Error): Promise<boolean> {
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
