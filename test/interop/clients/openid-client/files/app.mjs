import { createServer } from 'node:http';
import * as client from 'openid-client';

const issuer = new URL('https://login.example.com');
const clientId = 'my-client-id';
const clientSecret = 'my-client-secret';
const appUrl = 'https://app.example.com';

// Only while Signet runs on http://localhost.
const options = issuer.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : undefined;
const config = await client.discovery(issuer, clientId, clientSecret, undefined, options);

// One person at a time; a real application keeps these in the session of the browser.
let codeVerifier;
let state;
let tokens;

const routes = {
  async '/login'() {
    codeVerifier = client.randomPKCECodeVerifier();
    state = client.randomState();
    return client.buildAuthorizationUrl(config, {
      redirect_uri: `${appUrl}/callback`,
      scope: 'openid email profile offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
    });
  },

  async '/callback'(url) {
    tokens = await client.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
    });
    return { claims: tokens.claims() };
  },

  async '/profile'() {
    return await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  },

  async '/refresh'() {
    tokens = { ...tokens, ...(await client.refreshTokenGrant(config, tokens.refresh_token)) };
    return await client.tokenIntrospection(config, tokens.access_token);
  },

  async '/revoke'() {
    await client.tokenRevocation(config, tokens.refresh_token);
    return await client.tokenIntrospection(config, tokens.access_token);
  },

  async '/logout'() {
    return client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: `${appUrl}/`,
      id_token_hint: tokens.id_token,
    });
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, appUrl);
  try {
    const answer = (await routes[url.pathname]?.(url)) ?? 'home';
    if (answer instanceof URL) response.writeHead(302, { location: answer.href }).end();
    else response.end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(`${error.message}: ${error.error_description ?? error.cause?.message ?? ''}`);
  }
}).listen(process.env.PORT ?? 8080);
