import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createResourceServer, type ResourceServerOptions } from '../../../src/resource-server/app.ts';
import { API } from '../../support/flow.ts';
import type { Stage } from './stage.ts';

/** The credentials of this API as a client of the demo. */
const introspection = { clientId: 'demo-api', clientSecret: 'demo-api-secret' };

/**
 * The sample API in this process, which trusts the server of a stage and introspects tokens there. Its configured address is that of the
 * demo API.
 */
export function useSampleApi(
  stage: Stage,
  options: Partial<ResourceServerOptions> = {},
): { readonly port: number } {
  let server: Server;
  before(async () => {
    const handle = createResourceServer({
      issuer: stage.issuer,
      audience: API,
      introspection,
      ...options,
    }).callback();
    server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server?.close().closeAllConnections());
  return {
    get port() {
      return (server.address() as AddressInfo).port;
    },
  };
}
