import type { Client } from '../clients/clients.ts';
import { fillSettings } from '../clients/presets.ts';
import { issuerUrl } from '../config/issuer.ts';
import { printFacts, printJson, printLine } from './output.ts';
import type { ChosenPreset } from './preset-options.ts';

/**
 * What a person needs after `client add` and `client update`: issuer, credentials, redirect URIs, and the lines for the settings of the
 * application.
 */

export interface RegisteredClient {
  issuer: string;
  client: Client;
  /** Shown this once. Undefined for a client without one. */
  secret: string | undefined;
  preset?: ChosenPreset | undefined;
}

/** Under a secret. */
export const SAVE_SECRET = 'Save the secret now: it cannot be shown again.';

/** @param outcome the first line */
export function printRegisteredClient(
  registered: RegisteredClient,
  outcome = `added ${registered.client.id}`,
): void {
  const { issuer, client, secret, preset } = registered;
  printLine(outcome);
  printFacts({
    issuer,
    discovery: issuerUrl(issuer, '/.well-known/openid-configuration'),
    client_id: client.id,
    client_secret: secret,
    ...numbered('redirect_uri', client.metadata.redirect_uris),
    ...numbered('loopback_redirect_uri', client.metadata.loopback_redirect_uris ?? []),
    ...numbered('post_logout_redirect_uri', client.metadata.post_logout_redirect_uris),
  });
  if (secret !== undefined) printLine(SAVE_SECRET);
  if (preset !== undefined) printSettings(preset, settingsOf(registered) ?? []);
}

/** What JSON has beside the description of the client. */
export function jsonOfRegistered(registered: RegisteredClient): Record<string, unknown> {
  const { issuer, secret } = registered;
  return { issuer, client_secret: secret, settings: settingsOf(registered) };
}

/** The settings of the client software, for a client that was added by a preset. */
function settingsOf({ issuer, client, secret, preset }: RegisteredClient): string[] | undefined {
  return (
    preset &&
    fillSettings(preset.preset, {
      issuer,
      client_id: client.id,
      client_secret: secret,
      app_url: preset.appUrl,
    })
  );
}

/** For software that verifies access tokens: its settings, and that it needs no client. */
export function printApiSettings(issuer: string, chosen: ChosenPreset, { json }: { json?: boolean }): void {
  const unknown = { client_id: undefined, client_secret: undefined, app_url: chosen.appUrl };
  const settings = fillSettings(chosen.preset, { issuer, ...unknown });
  if (json) printJson({ issuer, settings });
  else {
    printLine(`added no client: ${chosen.preset.title} verifies access tokens and needs none`);
    printSettings(chosen, settings);
  }
}

function printSettings({ name, preset }: ChosenPreset, settings: readonly string[]): void {
  printLine('');
  printLine(`For ${preset.title} (docs/clients/${name}.md):`);
  for (const line of settings) printLine(`  ${line}`);
}

/** One name for one value; numbers for several. */
function numbered(name: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((value, index) => [values.length === 1 ? name : `${name} ${index + 1}`, value]),
  );
}
