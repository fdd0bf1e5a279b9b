import { createServer } from 'node:http';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const serverUrl = new URL('https://app.example.com/mcp');
const redirectUrl = `http://127.0.0.1:${process.env.CALLBACK_PORT ?? 8090}/callback`;

// A real client keeps these on the disk.
let tokens;
let codeVerifier;

const authProvider = {
  redirectUrl,
  clientMetadata: {
    client_name: 'Example',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  clientInformation: () => ({ client_id: 'my-client-id' }),
  tokens: () => tokens,
  saveTokens: (saved) => (tokens = saved),
  codeVerifier: () => codeVerifier,
  saveCodeVerifier: (saved) => (codeVerifier = saved),
  redirectToAuthorization: (url) => console.log(`Open ${url.href}`),
};

// Without an id, the client registers itself, where Signet allows it.
if (process.env.REGISTER === '1') {
  let registered;
  authProvider.clientInformation = () => registered;
  authProvider.saveClientInformation = (information) => (registered = information);
}

/** Waits for the browser at the redirect URI. */
function receiveCode() {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url, redirectUrl);
      response.end('You can close this window.');
      server.close();
      const code = searchParams.get('code');
      if (code === null) reject(new Error(searchParams.get('error_description')));
      else resolve(code);
    }).listen(process.env.CALLBACK_PORT ?? 8090, '127.0.0.1');
  });
}

async function connect() {
  const client = new Client({ name: 'example', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(serverUrl, { authProvider });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport.finishAuth(await receiveCode());
    return await connect();
  }
  return client;
}

const client = await connect();
const { content } = await client.callTool({ name: 'whoami' });
console.log(content[0].text);
// An access token that the server refuses is replaced by the refresh token.
const first = tokens.access_token;
tokens = { ...tokens, access_token: 'expired' };
await client.callTool({ name: 'whoami' });
console.log(tokens.access_token === first ? 'not refreshed' : 'refreshed');
await client.close();
