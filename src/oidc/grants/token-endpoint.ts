import { PATHS } from '../../http/paths.ts';
import { handOverForm } from '../engine/request-body.ts';
import type { Feature } from '../feature.ts';
import { clientCredentialsFastPath } from './client-credentials-fast-path.ts';

/**
 * The token endpoint. This folder owns the grants: each is a file, an entry in `GRANTS` of `provider.ts` and a row of
 * `clients/grant-types.ts`. Which APIs and scopes a token gets is decided in `tokens/scope.ts`; authentication of clients is in
 * `client-auth/`.
 */
export const tokenEndpoint: Feature = {
  spec: ['RFC 6749 §3.2'],
  routes: (context) => [
    {
      kind: 'form',
      path: PATHS.token,
      name: 'token',
      repeatable: ['resource'],
      steps: [clientCredentialsFastPath(context), handOverForm()],
      answer: undefined,
    },
  ],
};
