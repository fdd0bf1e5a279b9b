import { type Command, Option } from 'commander';
import {
  ASSERTION_AUDIENCES,
  AUTHENTICATION_METHODS,
  DEFAULT_AUTHENTICATION_METHOD,
} from '../clients/authentication-methods.ts';
import { DEFAULT_GRANT_TYPE, GRANT_TYPE_NAMES } from '../clients/grant-types.ts';
import { PKCE_POLICIES } from '../clients/pkce.ts';
import { RESPONSE_TYPES } from '../clients/response-types.ts';
import { SUBJECT_TYPES } from '../clients/sector.ts';
import { collect } from './claim-options.ts';
import { readJsonObject } from './input.ts';

/** Client metadata as command options. */

export interface ClientOptions {
  id?: string;
  name?: string;
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  allowedGroup?: string[];
  allowedOrigin?: string[];
  loopbackRedirectUri?: string[];
  grant?: string[];
  responseType?: string[];
  refreshTokens?: boolean;
  scope?: string;
  authMethod?: string;
  public?: boolean;
  native?: boolean;
  firstParty?: boolean;
  trustLoopback?: boolean;
  mfa?: string;
  /** False for `--no-pkce`. */
  pkce?: string | false;
  assertionAudience?: string;
  jwksUri?: string;
  idTokenClaims?: boolean;
  idTokenAlg?: string;
  subjectType?: string;
  sectorIdentifierUri?: string;
  metadata?: string;
}

const MFA = new Option(
  '--mfa <policy>',
  'second factor of the people who use it, beside what the configuration says',
).choices(['optional', 'required']);

export function addClientOptions(command: Command): Command {
  return addPeopleOptions(command)
    .option('--name <text>', 'name on the sign-in and consent pages')
    .option('--redirect-uri <uri>', 'redirect URI; repeat for more', collect)
    .option('--post-logout-redirect-uri <uri>', 'post-logout redirect URI; repeat for more', collect)
    .option(
      '--loopback-redirect-uri <uri>',
      'http redirect URI on localhost of a web client, with its port; repeat for more',
      collect,
    )
    .option('--grant <type>', `grant type: ${grantTypes()}; repeat for more`, collect)
    .option('--response-type <type>', `response type: ${RESPONSE_TYPES.join(', ')}; repeat for more`, collect)
    .option('--refresh-tokens', 'issue refresh tokens too (adds the grant type refresh_token)')
    .option('--scope <scopes>', 'scopes that it may request, separated by spaces')
    .addOption(
      new Option(
        '--auth-method <method>',
        `client authentication method (default: ${DEFAULT_AUTHENTICATION_METHOD})`,
      ).choices(AUTHENTICATION_METHODS),
    )
    .option('--public', 'public client without a secret: a single-page or native app (--auth-method none)')
    .option('--native', 'native app on a phone or computer (application_type native)')
    .option(
      '--allowed-origin <origin>',
      'origin of pages of a public client, beside those of its redirect URIs: capacitor://localhost; repeat for more',
      collect,
    )
    .addOption(
      new Option(
        '--pkce <policy>',
        'when a request needs PKCE (default: required_or_nonce, and required for public clients)',
      ).choices(PKCE_POLICIES),
    )
    .addOption(new Option('--no-pkce', 'the former name of --pkce optional').hideHelp())
    .addOption(
      new Option(
        '--assertion-audience <audience>',
        'audience of its client assertions: issuer (the default), or legacy, also an endpoint',
      ).choices(ASSERTION_AUDIENCES),
    )
    .option('--jwks-uri <url>', 'address of its public keys, for private_key_jwt')
    .option('--id-token-claims', 'put the claims of the granted scopes into ID tokens too (the default)')
    .option('--no-id-token-claims', 'only at userinfo (OpenID Connect Core §5.4)')
    .option(
      '--id-token-alg <alg>',
      'algorithm that signs its ID tokens, one of signingAlgorithms, or HS256 with its secret (default: RS256)',
    )
    .addOption(
      new Option('--subject-type <type>', 'sub of people: public (the default), or pairwise').choices(
        SUBJECT_TYPES,
      ),
    )
    .option('--sector-identifier-uri <uri>', 'https address of a JSON list of all redirect URIs')
    .option('--metadata <file>', 'JSON object with client metadata (RFC 7591); - reads standard input');
}

/** Who may use it, and what people are asked. */
function addPeopleOptions(command: Command): Command {
  return command
    .option('--first-party', 'first-party client: no consent page')
    .option('--trust-loopback', 'remember consent for redirect URIs on the device of the person too')
    .addOption(MFA)
    .option(
      '--allowed-group <name>',
      'a group whose members may use it; repeat for more (default: everyone)',
      collect,
    );
}

function grantTypes(): string {
  return GRANT_TYPE_NAMES.map((type) => (type === DEFAULT_GRANT_TYPE ? `${type} (the default)` : type)).join(
    ', ',
  );
}

/** The metadata from the options. A single option overrides the same member in the file. */
export async function metadataFromOptions(options: ClientOptions): Promise<Record<string, unknown>> {
  const file: Record<string, unknown> =
    options.metadata === undefined ? {} : await readJsonObject(options.metadata);
  const given = {
    client_id: options.id,
    client_name: options.name,
    redirect_uris: options.redirectUri,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    grant_types: options.refreshTokens ? withRefreshTokens(options.grant ?? file.grant_types) : options.grant,
    response_types: options.responseType,
    allowed_groups: options.allowedGroup,
    allowed_origins: options.allowedOrigin,
    loopback_redirect_uris: options.loopbackRedirectUri,
    scope: options.scope,
    token_endpoint_auth_method: options.public ? 'none' : options.authMethod,
    application_type: options.native ? 'native' : undefined,
    first_party: options.firstParty,
    trust_loopback: options.trustLoopback,
    mfa: options.mfa,
    pkce: options.pkce === false ? 'optional' : options.pkce,
    assertion_audience: options.assertionAudience,
    jwks_uri: options.jwksUri,
    id_token_claims: options.idTokenClaims,
    id_token_signed_response_alg: options.idTokenAlg,
    subject_type: options.subjectType,
    sector_identifier_uri: options.sectorIdentifierUri,
  };
  // The former name of the same member.
  if (given.pkce !== undefined) delete file.require_pkce;
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** @param grants of the options or the file; what is no list is reported by the validation */
export function withRefreshTokens(grants: unknown = [DEFAULT_GRANT_TYPE]): unknown {
  return Array.isArray(grants) ? [...new Set([...(grants as unknown[]), 'refresh_token'])] : grants;
}
