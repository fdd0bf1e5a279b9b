import { type Client, errors, Provider } from 'oidc-provider';
import { PATHS } from '../../http/paths.ts';
import type { Feature } from '../feature.ts';
import { override } from '../overrides.ts';
import { clientCredentialsShortPath } from './client-credentials-short-path.ts';

/**
 * The token endpoint. This folder owns the grants: each is a file, an export of `grants.ts` and a row of
 * `clients/grant-types.ts`. Which APIs and scopes a token gets is decided in `tokens/scope.ts`; authentication of clients is in
 * `client-auth/`.
 */
export const tokenEndpoint: Feature = {
  spec: ['RFC 6749 §3.2'],
  extend: rejectUnauthorizedGrants,
  routes: (context) => [
    {
      kind: 'form',
      path: PATHS.token,
      name: 'token',
      credentials: true,
      repeatable: ['resource'],
      steps: [clientCredentialsShortPath(context)],
      answer: undefined,
    },
  ],
};

type GrantTypeAllowed = (this: Client, type: string) => boolean;

/** A grant type that the client is not registered for is `unauthorized_client` (RFC 6749 §5.2); the engine says `invalid_request`. */
function rejectUnauthorizedGrants(provider: Provider): void {
  override<GrantTypeAllowed>(
    provider,
    'Client.prototype.grantTypeAllowed',
    (grantTypeAllowed) =>
      function unauthorizedUnlessAllowed(type) {
        if (grantTypeAllowed.call(this, type)) return true;
        const { route, params } = Provider.ctx?.oidc ?? {};
        if (route === 'token' && params?.grant_type === type)
          throw new errors.UnauthorizedClient('requested grant type is not allowed for this client');
        return false;
      },
  );
}
