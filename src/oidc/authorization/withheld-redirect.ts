import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../config/config.ts';
import { useLanguages } from '../../http/languages.ts';
import { isFramed } from '../../http/navigation-guard.ts';
import type { RenderPage } from '../../pages/render.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { WithholdError } from '../engine/intercepted-provider.ts';
import { addToQuery } from '../engine/redirect.ts';

declare module '../../pages/page-data.ts' {
  interface PageData {
    'withheld-redirect': WithheldRedirectPage;
  }
}

/** Instead of a redirect to an application that registered itself. */
export interface WithheldRedirectPage {
  /** Of the redirect URI, or its scheme. */
  destination: string;
  /** Where the person can go on; absent where the response is not a redirect. */
  url?: string | undefined;
  error: string;
  description: string;
  traceId: string;
}

/**
 * Errors for a client that registered itself are shown before they are redirected, where the person has not done anything yet: otherwise
 * each attacker who registers a client has a link of this server that leads anywhere (RFC 9700 §4.11.2). A silent request is redirected, as
 * that section and OpenID Connect Core §3.1.2.6 say: in a frame, or of a client that has been used. So are all in the conformance profile,
 * which has no people.
 */
export function withholdErrors(
  renderPage: RenderPage,
  { profile }: Pick<Config, 'profile'>,
): WithholdError | undefined {
  if (profile === 'conformance') return undefined;
  return (ctx, mode, redirectUri, parameters) => {
    const { route, client } = ctx.oidc;
    if (route !== 'authorization' || client === undefined) return false;
    const { selfRegistered } = clientSettings(client);
    if (selfRegistered === undefined) return false;
    if (isSilent(ctx) && (isFramed(ctx) || selfRegistered.lastUsedAt !== undefined)) return false;
    const url = URL.parse(redirectUri);
    ctx.status = 400;
    useLanguages(ctx, ctx.oidc.params?.ui_locales);
    renderPage(ctx, 'withheld-redirect', {
      destination: url?.host || (url?.protocol ?? ''),
      url: mode === 'query' ? addToQuery(redirectUri, parameters) : undefined,
      error: textOf(parameters.error),
      description: textOf(parameters.error_description),
      traceId: ctx.state.traceId,
    });
    return true;
  };
}

/** `prompt=none` is never with another value. */
function isSilent({ oidc: { params } }: KoaContextWithOIDC): boolean {
  return textOf(params?.prompt).split(' ').includes('none');
}

function textOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}
