import type { Config } from '../config/config.ts';
import type { MfaMode } from '../config/authentication-context.ts';
import { issuerUrl } from '../config/issuer.ts';
import type { ClientRecord } from '../store/store.ts';
import { metadataContext } from './fields/shape.ts';
import { checkMetadata } from './metadata.ts';

/**
 * The client of the account pages: people sign in to them without an application. It is part of the server: no store has a record of it, it
 * is in no list, and no other client can have its id. Its code is thrown away: what counts is the session.
 */
export const ACCOUNT_CLIENT = 'signet-account';

/** Where its sign-ins end. */
export const SIGNED_IN_PATH = '/account/signed-in';

/**
 * At the pages of the account people who have a second factor are asked for it, also where the configuration says `off`: an application may
 * require it, and a password must not be enough to replace what that application asks for.
 */
export const ACCOUNT_MFA = 'optional' satisfies MfaMode;

export function isAccountClient(clientId: string): boolean {
  return clientId === ACCOUNT_CLIENT;
}

export function accountClient(config: Config): ClientRecord {
  const { metadata } = checkMetadata(
    {
      client_name: config.brand.name,
      redirect_uris: [issuerUrl(config.issuer, SIGNED_IN_PATH)],
      response_modes: ['query'],
      // With a secret that does not exist: no one redeems a code, also not for a challenge of their own.
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid',
      first_party: true,
      mfa: ACCOUNT_MFA,
    },
    metadataContext(config),
  );
  const id = ACCOUNT_CLIENT;
  return { id, instance: id, metadata, secrets: [], source: 'declared', createdAt: 0, updatedAt: 0 };
}
