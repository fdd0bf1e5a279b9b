import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { ORDERS_API } from '../client.ts';

/** An API that the clients call with their tokens: verifies them with the public keys of Signet, and answers with their claims. */

export interface OrdersApi {
  url: string;
  stop(): void;
}

export async function startOrdersApi(issuer: string): Promise<OrdersApi> {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const expected = { issuer, audience: ORDERS_API.audience, algorithms: ['RS256'] };
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization');
    if (request.method === 'OPTIONS') {
      response.end();
      return;
    }
    void jwtVerify(token, keys, expected).then(
      ({ payload }) => response.end(JSON.stringify({ sub: payload.sub, scope: payload.scope })),
      (error: Error) => response.writeHead(401).end(error.message),
    );
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
