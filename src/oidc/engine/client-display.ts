import type { Client } from 'oidc-provider';
import type { LocalizedMember } from '../../clients/fields/localized.ts';
import { localizedValue } from '../../http/languages.ts';
import { clientSettings } from './client-settings.ts';

/** What the pages show of a client. */
export interface ClientDisplay {
  name: string;
  uri: string | undefined;
  logoUri: string | undefined;
  policyUri: string | undefined;
  tosUri: string | undefined;
}

/** @param languages of the person (`http/languages.ts`) */
export function displayOf(client: Client, languages: readonly string[]): ClientDisplay {
  const { localized } = clientSettings(client);
  const choose = (member: LocalizedMember, untagged: string | undefined): string | undefined =>
    localizedValue(localized, member, languages) ?? untagged;
  return {
    name: choose('client_name', client.clientName) ?? client.clientId,
    uri: choose('client_uri', client.clientUri),
    logoUri: choose('logo_uri', client.logoUri),
    policyUri: choose('policy_uri', client.policyUri),
    tosUri: choose('tos_uri', client.tosUri),
  };
}
