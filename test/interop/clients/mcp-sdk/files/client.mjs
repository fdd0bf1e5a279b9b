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

// Without an id of `signet client add`: the address of a metadata document, or else the client registers itself.
const { CLIENT_METADATA_URL, REGISTER } = process.env;
if (CLIENT_METADATA_URL || REGISTER) {
  let known;
  authProvider.clientMetadataUrl = CLIENT_METADATA_URL;
  authProvider.clientInformation = () => known;
  authProvider.saveClientInformation = (information) => (known = information);
}

/** With a refresh token, the SDK would answer a step up with a token of the same scopes. */
async function send(url, init) {
  const response = await fetch(url, init);
  if (response.status === 403) delete tokens.refresh_token;
  return response;
}

/** Waits for the browser at the redirect URI. */
function receiveCode() {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url, redirectUrl);
      response.writeHead(200, { Connection: 'close' }).end('You can close this window.');
      server.close();
      const code = searchParams.get('code');
      if (code === null) reject(new Error(searchParams.get('error_description')));
      else resolve(code);
    }).listen(process.env.CALLBACK_PORT ?? 8090, '127.0.0.1');
  });
}

let transport;
async function connect() {
  const client = new Client({ name: 'example', version: '1.0.0' });
  transport = new StreamableHTTPClientTransport(serverUrl, { authProvider, fetch: send });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport.finishAuth(await receiveCode());
    return await connect();
  }
  return client;
}

async function call(name) {
  try {
    const { content } = await client.callTool({ name });
    console.log(content[0].text);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    // The tool needs another scope: the person allows it.
    await transport.finishAuth(await receiveCode());
    await call(name);
  }
}

const client = await connect();
await call('whoami');
// An access token that the server refuses is replaced by the refresh token.
const first = tokens.access_token;
tokens = { ...tokens, access_token: 'expired' };
await call('whoami');
console.log(tokens.access_token === first ? 'not refreshed' : 'refreshed');
await call('note');
await client.close();
