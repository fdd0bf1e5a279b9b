import type { Client } from '../../clients/clients.ts';
import type { ClientLogos } from '../../clients/logos/logos.ts';
import { shownLogo } from '../../clients/logos/shown-logo.ts';

/** Fetches the logo of a client that has registered or changed itself, in the background, if pages may show it. */
export function prepareLogo(logos: Pick<ClientLogos, 'prepare'>, { metadata }: Client): void {
  const { logo_uri: logoUri, redirect_uris: redirectUris } = metadata;
  const shown = shownLogo({ logoUri, redirectUris }, false);
  if (shown !== undefined) void logos.prepare(shown);
}
