import { type Command, Option } from 'commander';
import { AUTHENTICATION_METHODS, DEFAULT_AUTHENTICATION_METHOD } from '../clients/authentication-methods.ts';
import { DEFAULT_GRANT_TYPE, GRANT_TYPE_NAMES } from '../clients/grant-types.ts';
import { collect } from './claim-options.ts';
import { readJsonObject } from './input.ts';

/** Client metadata as options of a command. */

export interface ClientOptions {
  id?: string;
  name?: string;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  grant?: string[];
  scope?: string;
  authMethod?: string;
  public?: boolean;
  native?: boolean;
  firstParty?: boolean;
  pkce: boolean;
  idTokenClaims?: boolean;
  metadata?: string;
}

export function addClientOptions(command: Command): Command {
  return command
    .option('--id <client_id>', 'client_id (default: a random one)')
    .option('--name <text>', 'what the sign-in and consent pages call it')
    .option('--redirect-uri <uri>', 'where people are sent back to; repeat for more', collect)
    .option(
      '--post-logout-redirect-uri <uri>',
      'where people may be sent after signing out; repeat for more',
      collect,
    )
    .option('--grant <type>', `what it may do: ${grantTypes()}; repeat for more`, collect)
    .option('--scope <scopes>', 'scopes it may ask for, separated by spaces')
    .addOption(
      new Option(
        '--auth-method <method>',
        `how it proves who it is (default: ${DEFAULT_AUTHENTICATION_METHOD})`,
      ).choices(AUTHENTICATION_METHODS),
    )
    .option('--public', 'it cannot keep a secret: a single-page or native app (--auth-method none)')
    .option('--native', 'it is an app on a phone or computer, not a web site')
    .option('--first-party', 'it is ours: people are not asked for consent')
    .option('--no-pkce', 'it is too old for PKCE (confidential clients only)')
    .option('--id-token-claims', 'put name, email and so on into its ID tokens, not only into userinfo')
    .option('--metadata <file>', 'JSON object with client metadata (RFC 7591); - reads standard input');
}

function grantTypes(): string {
  return GRANT_TYPE_NAMES.map((type) => (type === DEFAULT_GRANT_TYPE ? `${type} (the default)` : type)).join(
    ', ',
  );
}

/** The metadata that the options name; those given one by one go before those of the file. */
export async function metadataFromOptions(options: ClientOptions): Promise<Record<string, unknown>> {
  const file = options.metadata === undefined ? {} : await readJsonObject(options.metadata);
  const given = {
    client_id: options.id,
    client_name: options.name,
    redirect_uris: options.redirectUri,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    grant_types: options.grant,
    scope: options.scope,
    token_endpoint_auth_method: options.public ? 'none' : options.authMethod,
    application_type: options.native ? 'native' : undefined,
    first_party: options.firstParty,
    require_pkce: options.pkce ? undefined : false,
    id_token_claims: options.idTokenClaims,
  };
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
