import { API, basic, WEB } from '../../support/flow.ts';
import type { Stage } from './stage.ts';

/** APIs in addition to the demo's, each assigned to clients in another way, and the clients. */

export const ORDERS = 'https://orders.example';
export const LEDGER = 'https://ledger.example';
export const PLAIN = 'https://plain.example';

const APIS = [
  {
    audience: ORDERS,
    name: 'Orders',
    scopes: {
      'orders:read': 'See your orders',
      'orders:write': 'Place orders for you',
      'orders:refund': { description: 'Refund your orders', sensitive: true },
    },
    introspectionClients: ['orders-api'],
  },
  {
    audience: LEDGER,
    name: 'Ledger',
    scopes: {
      'ledger:read': 'See your bookings',
      'ledger:close': { description: 'Close the books', sensitive: true },
    },
    defaultScopes: ['ledger:close'],
    introspectionClients: [],
  },
  { audience: PLAIN, name: 'Plain', scopes: {}, clients: ['listed', 'listed-app'] },
];

const SECRET = 'a-secret-of-more-than-32-characters';

export const app = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
export const machine = (id: string) => ({ id, secret: SECRET });

const declaredApp = (id: string, scope: string) => ({
  client_id: id,
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope,
});
const declaredMachine = (id: string, scope: string) => ({
  client_id: id,
  client_secret: SECRET,
  grant_types: ['client_credentials'],
  scope,
});

const CLIENTS = [
  declaredApp('orders-app', 'openid offline_access orders:read orders:write orders:refund'),
  declaredApp('ledger-app', 'openid ledger:read ledger:close'),
  declaredApp('two-apis', 'openid messages:read orders:read'),
  declaredApp('asks-later', 'openid messages:read orders:read'),
  declaredApp('no-api', 'openid profile'),
  declaredApp('listed-app', 'openid offline_access'),
  { ...declaredApp('own-app', 'openid orders:read'), first_party: true },
  declaredMachine('orders', 'orders:read orders:write orders:refund'),
  declaredMachine('refunds', 'orders:refund'),
  declaredMachine('ledger', 'ledger:read ledger:close'),
  declaredMachine('listed', ''),
  declaredMachine('both', 'messages:read orders:read'),
  { client_id: 'orders-api', client_secret: SECRET, grant_types: [] },
  { client_id: 'stranger', client_secret: SECRET, grant_types: [] },
];

export const ALL = { apis: APIS, clients: CLIENTS };

/** All APIs of a stage with these. */
export const AUDIENCES = [API, ORDERS, LEDGER, PLAIN];

/** Changes the registration of a client, like a start with another file, and waits until the server has read it. */
export async function setScope(stage: Stage, id: string, scope: string): Promise<void> {
  await stage.store.clients.update(id, (client) => ({ ...client, metadata: { ...client.metadata, scope } }));
  await stage.advance(2);
}

export async function introspect(
  stage: Stage,
  token: string,
  client: { id: string; secret: string },
): Promise<Response> {
  return await fetch(`${stage.issuer}/introspect`, {
    method: 'POST',
    headers: { Authorization: basic(client) },
    body: new URLSearchParams({ token }),
  });
}
