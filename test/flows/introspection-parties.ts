import { basic, WEB } from '../support/flow.ts';

/** APIs and clients of the introspection tests, and requests in two forms: plain, and one that is left to the engine. */

export const SECRET = 'a-secret: with % and + of-more-than-32-characters';
export const ORDERS = 'https://orders.example';

export const APIS = [
  {
    audience: ORDERS,
    name: 'Orders',
    scopes: { 'orders:read': 'See your orders', 'orders:write': 'Place orders for you' },
    introspectionClients: ['orders-api'],
    signingAlgorithm: 'ES256' as const,
    accessTokenLifetime: 120,
  },
];

const app = (id: string, metadata: object = {}) => ({
  client_id: id,
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access orders:read orders:write',
  ...metadata,
});

export const CLIENTS = [
  app('app'),
  app('other', { token_endpoint_auth_method: 'client_secret_post' }),
  { client_id: 'machine', client_secret: SECRET, grant_types: ['client_credentials'], scope: 'orders:read' },
  { client_id: 'orders-api', client_secret: SECRET, grant_types: [] },
  { client_id: 'stranger', client_secret: SECRET, grant_types: [] },
  {
    client_id: 'public',
    token_endpoint_auth_method: 'none' as const,
    redirect_uris: ['https://app.example/cb'],
  },
];

export const client = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });

/** @param pair of id and secret, not encoded */
export const basicOf = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const PAIR = `app:${encodeURIComponent(SECRET)}`;

/** Values of the Authorization header, valid and not. */
export const AUTHORIZATIONS: readonly string[] = [
  basicOf(PAIR),
  basicOf(PAIR).replace('Basic', 'bAsIc'),
  basicOf(PAIR).replace(' ', '  '),
  basicOf(PAIR).replace(/=*$/, ''),
  `${basicOf(PAIR)}=`,
  `${basicOf(PAIR)}, ${basicOf(PAIR)}`,
  `${basicOf(PAIR)} x`,
  basicOf(`app:${SECRET.replaceAll('%', '%25').replaceAll('+', '%2B').replaceAll(' ', '+')}`),
  basicOf(`app:${SECRET}`),
  basicOf(`%61pp:${encodeURIComponent(SECRET)}`),
  basicOf(`app:${encodeURIComponent(SECRET)}%00`),
  basicOf(`app\0:${encodeURIComponent(SECRET)}`),
  basicOf(`app:${encodeURIComponent(SECRET)}\n`),
  basicOf(`\u{FEFF}${PAIR}`),
  basicOf(`app:é\u{1F511}`),
  basicOf('app:%E9'),
  basicOf('app:%'),
  basicOf('app:'),
  basicOf('app'),
  basicOf(':'),
  basicOf(`:${SECRET}`),
  basicOf('constructor:x'),
  basicOf('__proto__:x'),
  basicOf('nobody:x'),
  basicOf('app:wrong'),
  basicOf(`app:${'x'.repeat(3000)}`),
  basicOf('public:x'),
  'Basic',
  'Basic ',
  'Basic !',
  'Basic YXBwOg==',
  basicOf(PAIR).replaceAll('A', '-'),
  'Bearer x',
  'x',
];

export interface Request {
  body: string;
  headers: Record<string, string>;
}

/** A request with the secret in the Authorization header. */
export function request(
  parameters: Record<string, string>,
  id = 'app',
  headers: Record<string, string> = {},
): Request {
  return {
    body: new URLSearchParams(parameters).toString(),
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: basic(client(id)),
      ...headers,
    },
  };
}

/** The same request with a header that the server ignores, and that is not on the list of the short path. */
export function toEngine({ body, headers }: Request): Request {
  return { body, headers: { ...headers, 'Unknown-Header': '1' } };
}

/** Hints of the type of a token: right, wrong and unknown. */
export const HINTS: readonly Record<string, string>[] = [
  {},
  { token_type_hint: 'access_token' },
  { token_type_hint: 'urn:ietf:params:oauth:token-type:access_token' },
  { token_type_hint: 'refresh_token' },
  { token_type_hint: 'urn:ietf:params:oauth:token-type:refresh_token' },
  { token_type_hint: 'client_credentials' },
  { token_type_hint: 'constructor' },
  { token_type_hint: '' },
];
