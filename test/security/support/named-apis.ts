import { ALL, app, machine } from './apis.ts';

/** APIs whose audiences differ in the end of the path, beside those of `apis.ts`, and their clients. */

/** Declared with the slash of an empty path. */
export const SLASHED = 'https://slashed.example/';
/** With a path, as MCP servers have it. */
export const MCP = 'http://localhost:8931/mcp';

const api = (audience: string, name: string, scope: string) => ({
  audience,
  name,
  scopes: { [scope]: `Use ${name}` },
});
const declaredApp = (id: string, scope: string) => ({
  client_id: id,
  client_secret: app(id).secret,
  redirect_uris: [app(id).redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope,
});
const declaredMachine = (id: string, scope: string) => ({
  client_id: id,
  client_secret: machine(id).secret,
  grant_types: ['client_credentials'],
  scope,
});

export const NAMED = {
  apis: [
    ...ALL.apis,
    api(SLASHED, 'Slashed', 'slashed:read'),
    api(MCP, 'Tools', 'mcp:tools'),
    api('https://other.example', 'Other', 'other:read'),
  ],
  clients: [
    ...ALL.clients,
    declaredApp('slashed-app', 'openid offline_access slashed:read'),
    declaredApp('mcp-app', 'openid offline_access mcp:tools'),
    declaredApp('mailing-app', 'openid email offline_access'),
    declaredApp('api-only', 'profile orders:read'),
    declaredMachine('slashed', 'slashed:read'),
    declaredMachine('mcp', 'mcp:tools'),
  ],
};
