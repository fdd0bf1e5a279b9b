import { fillSettings, type Preset } from '../clients/presets.ts';
import type { Client } from '../clients/clients.ts';
import { issuerUrl } from '../config/issuer.ts';
import { printFacts, printLine } from './output.ts';

/** What a person needs after `client add`: issuer, credentials, redirect URIs, and the lines for the settings of the application. */

export interface AddedClient {
  issuer: string;
  client: Client;
  /** Shown this once. Undefined for a client without one. */
  secret: string | undefined;
  preset?: { name: string; preset: Preset; appUrl: string | undefined } | undefined;
}

export function printAddedClient({ issuer, client, secret, preset }: AddedClient): void {
  printLine(`added ${client.id}`);
  printFacts({
    issuer,
    discovery: issuerUrl(issuer, '/.well-known/openid-configuration'),
    client_id: client.id,
    client_secret: secret,
    ...numbered('redirect_uri', client.metadata.redirect_uris),
    ...numbered('post_logout_redirect_uri', client.metadata.post_logout_redirect_uris),
  });
  if (secret !== undefined) printLine('Save the secret now: it cannot be shown again.');
  if (preset !== undefined) {
    const values = { issuer, client_id: client.id, client_secret: secret, app_url: preset.appUrl };
    printSettings(preset.name, preset.preset, values);
  }
}

/** The lines to paste into the settings of a client software. */
export function printSettings(
  name: string,
  preset: Preset,
  values: Parameters<typeof fillSettings>[1],
): void {
  printLine('');
  printLine(`For ${preset.title} (docs/clients/${name}.md):`);
  for (const line of fillSettings(preset, values)) printLine(`  ${line}`);
}

/** One name for one value; numbers for several. */
function numbered(name: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value, index) => [values.length === 1 ? name : `${name} ${index + 1}`, value]),
  );
}
