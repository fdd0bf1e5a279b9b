/** What both servers know: one API, one machine client, one web client, one account. */

export const API = {
  audience: 'http://localhost:3001',
  scopes: ['messages:read', 'messages:write'],
} as const;

export const MACHINE_CLIENT = {
  client_id: 'bench-machine',
  client_secret: 'a-secret-of-the-measurement-only-1',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'messages:read',
};

export const WEB_CLIENT = {
  client_id: 'bench-web',
  client_secret: 'a-secret-of-the-measurement-only-2',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code' as const],
  redirect_uris: ['http://localhost:3002/callback'],
  scope: 'openid offline_access messages:read',
};

/** Signet's development account; the plain server knows the same. */
export const ACCOUNT = { login: 'alice', password: 'wonderland-tea-party' } as const;

/** Signet's default parameters, for the plain server's login. */
export const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
