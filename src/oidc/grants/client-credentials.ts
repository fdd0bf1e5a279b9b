import type { Grant } from '../feature.ts';

/**
 * The client credentials grant, by the engine. The plain case is answered ahead of it (`client-credentials-short-path.ts`), with the same
 * response.
 */
export const clientCredentials: Grant<'client_credentials'> = {
  spec: ['RFC 6749 §4.4'],
  grantType: 'client_credentials',
  policy: 'client',
  auditEvents: ['token.issued'],
  configure: () => ({ features: { clientCredentials: { enabled: true } } }),
};
