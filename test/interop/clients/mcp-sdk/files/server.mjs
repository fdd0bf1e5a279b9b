import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const issuer = 'https://login.example.com';
const serverUrl = new URL('https://app.example.com/mcp');

const discovery = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
const oauthMetadata = await discovery.json();
const keys = createRemoteJWKSet(new URL(oauthMetadata.jwks_uri));

const verifier = {
  async verifyAccessToken(token) {
    const options = { issuer, audience: serverUrl.href, typ: 'at+jwt', algorithms: ['RS256'] };
    const { payload } = await jwtVerify(token, keys, options).catch((error) => {
      throw new InvalidTokenError(error.message);
    });
    return {
      token,
      clientId: payload.client_id,
      scopes: payload.scope.split(' '),
      expiresAt: payload.exp,
      resource: serverUrl,
      extra: { sub: payload.sub },
    };
  },
};

function createMcpServer() {
  const server = new McpServer({ name: 'example', version: '1.0.0' });
  for (const [name, description] of [
    ['whoami', 'Tells who calls it.'],
    ['note', 'Takes a note.'],
  ]) {
    server.registerTool(name, { description }, ({ authInfo }) => ({
      content: [{ type: 'text', text: JSON.stringify({ scopes: authInfo.scopes, ...authInfo.extra }) }],
    }));
  }
  return server;
}

/** The scopes of a request: one tool changes something. A request with too few is answered with those that it needs. */
function requireScopes(request, response, next) {
  const { method, params } = request.body;
  const changes = method === 'tools/call' && params?.name === 'note';
  requireBearerAuth({
    verifier,
    requiredScopes: changes ? ['mcp:tools', 'mcp:write'] : ['mcp:tools'],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(serverUrl),
  })(request, response, next);
}

const app = express();
app.use(
  mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: serverUrl, scopesSupported: ['mcp:tools'] }),
);
app.post('/mcp', express.json(), requireScopes, async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await createMcpServer().connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.all('/mcp', (_, response) => response.sendStatus(405));
app.listen(process.env.PORT ?? 8080);
