import * as v from 'valibot';
import { withDefault } from './schema-values.ts';

/** The keys of `signet.yaml` for requests to addresses of clients. */
export const outbound = v.strictObject({
  privateNetworks: withDefault(
    v.boolean(),
    'True: the server also connects to loopback and private addresses for clients, such as a `jwks_uri` within a company. Everyone who may register a client can then reach these networks through the server.',
    false,
  ),
});
