import type { Context } from 'koa';
import { type LocalizedMember, localizedValues } from '../clients/fields/localized.ts';
import { shownLogo } from '../clients/logos/shown-logo.ts';
import type { ClientLogos } from '../clients/logos/logos.ts';
import { clientLogoPath } from '../http/client-logo.ts';
import { localizedValue } from '../http/languages.ts';
import type { ClientRecord } from '../store/store.ts';

/** How lists of the person show an application. */

/** A member of its metadata in the language of the person. */
export function shownMember(
  { metadata }: Pick<ClientRecord, 'metadata'>,
  member: LocalizedMember,
  languages: readonly string[],
): unknown {
  return localizedValue(localizedValues(metadata), member, languages) ?? metadata[member];
}

export function shownName(
  client: Pick<ClientRecord, 'id' | 'metadata'>,
  languages: readonly string[],
): string {
  const name = shownMember(client, 'client_name', languages);
  return typeof name === 'string' ? name : client.id;
}

/** The path of the logo of a client on this server; undefined while it has none. */
export async function logoPath(
  ctx: Context,
  logos: Pick<ClientLogos, 'fileOf'>,
  { metadata, source }: Pick<ClientRecord, 'metadata' | 'source'>,
): Promise<string | undefined> {
  const { logo_uri: logoUri, redirect_uris: redirectUris = [] } = metadata as RegisteredAddresses;
  const shown = shownLogo({ logoUri, redirectUris }, source !== 'registered');
  const file = shown === undefined ? undefined : await logos.fileOf(shown);
  return file === undefined ? undefined : clientLogoPath(ctx, file);
}

interface RegisteredAddresses {
  logo_uri?: string;
  redirect_uris?: string[];
}
