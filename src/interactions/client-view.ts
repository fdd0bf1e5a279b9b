import type { Context } from 'koa';
import type { ClientLogos } from '../clients/logos/logos.ts';
import { isLoopback } from '../clients/redirect-uri.ts';
import { isWeb } from '../config/url.ts';
import { mixesScripts } from '../clients/self-registration/client-name.ts';
import { clientLogoPath } from '../http/client-logo.ts';
import type { ClientView } from '../pages/page-data.ts';

/** The application of the pending request, for a page. */
export async function clientView(
  ctx: Context,
  { logos }: { logos: Pick<ClientLogos, 'fileOf'> },
): Promise<ClientView> {
  const { client, redirectUri } = ctx.state.pending;
  const { id: _id, selfRegistered, documentHost, onlyLoopback, logoUri, ...known } = client;
  const file = logoUri === undefined ? undefined : await logos.fileOf(logoUri);
  const view = { ...known, logo: file && clientLogoPath(ctx, file) };
  if (!selfRegistered) return view;
  const destination = destinationOf(redirectUri);
  // In mixed alphabets a name can look like any other one.
  const name = mixesScripts(view.name) ? destination : view.name;
  return { ...view, name, unverified: { destination, documentHost, onlyLoopback } };
}

/** Undefined for an app on the person's own device: a loopback address, or a private-use scheme (RFC 8252 §7.1, §7.3). */
export function destinationOf(redirectUri: string): string | undefined {
  const url = new URL(redirectUri);
  return isWeb(url) && !isLoopback(url) ? url.host : undefined;
}
