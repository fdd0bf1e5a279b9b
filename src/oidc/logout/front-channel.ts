import type { KoaContextWithOIDC } from 'oidc-provider';
import { webSource } from '../../pages/csp.ts';
import type { RenderPage } from '../../pages/render.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { addToQuery, redirectTo } from '../engine/redirect.ts';
import type { Feature } from '../feature.ts';

/**
 * Sign-out at the applications by frames (OpenID Connect Front-Channel Logout 1.0). Browsers send no cookies to a frame of another site, so
 * Signet neither waits for a frame nor reports its success. A client with a back channel gets no frame.
 */
export const frontChannelLogout: Feature = {
  spec: ['OpenID Connect Front-Channel Logout 1.0'],
  clientMetadata: ['frontchannel_logout_uri', 'frontchannel_logout_session_required'],
  configure: ({ config }) =>
    config.logout.frontChannel
      ? { discovery: { frontchannel_logout_supported: true, frontchannel_logout_session_supported: true } }
      : {},
};

/** Redirects a browser whose session has ended, with front-channel logout by a page that loads the frames. */
export type LogoutRedirect = (ctx: KoaContextWithOIDC, address: string) => Promise<void>;

/** A person has signed in at fewer applications in one session; more frames would only slow the page down. */
const MAX_FRAMES = 20;

export function redirectDirectly(ctx: KoaContextWithOIDC, address: string): Promise<void> {
  redirectTo(ctx, address);
  return Promise.resolve();
}

export function redirectThroughFrames(renderPage: RenderPage): LogoutRedirect {
  return async (ctx, continueUrl) => {
    const frames = await framesOf(ctx);
    if (frames.length === 0) {
      redirectTo(ctx, continueUrl);
      return;
    }
    ctx.status = 200;
    ctx.remove('Location');
    renderPage(ctx, 'signing-out', { frames, continueUrl }, { frames });
  };
}

/** The addresses for the clients of the session that the request has ended (§3). */
async function framesOf(ctx: KoaContextWithOIDC): Promise<string[]> {
  const { provider, session } = ctx.oidc;
  const visited = Object.entries(session?.authorizations ?? {});
  const addresses = await Promise.all(
    visited.map(async ([clientId, { sid }]) => {
      // A client that cannot be loaded has no frame.
      const client = await provider.Client.find(clientId).catch(() => undefined);
      const uri = client === undefined ? undefined : clientSettings(client).frontChannelLogoutUri;
      if (uri === undefined || webSource(uri) === undefined) return [];
      return [addToQuery(uri, sid === undefined ? {} : { iss: provider.issuer, sid })];
    }),
  );
  return addresses.flat().slice(0, MAX_FRAMES);
}
