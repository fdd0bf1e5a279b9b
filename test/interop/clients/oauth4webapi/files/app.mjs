import { createServer } from 'node:http';
import * as oauth from 'oauth4webapi';

const issuer = new URL('https://login.example.com');
const client = { client_id: 'my-client-id' };
const clientAuth = oauth.ClientSecretBasic('my-client-secret');
const appUrl = 'https://app.example.com';
const redirectUri = `${appUrl}/callback`;

// Only while Signet runs on http://localhost.
const options = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' };

const as = await oauth
  .discoveryRequest(issuer, options)
  .then((response) => oauth.processDiscoveryResponse(issuer, response));

// One person at a time; a real application keeps these in the session of the browser.
let codeVerifier;
let nonce;
let state;
let tokens;

const routes = {
  async '/login'() {
    codeVerifier = oauth.generateRandomCodeVerifier();
    nonce = oauth.generateRandomNonce();
    state = oauth.generateRandomState();
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid email profile offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      nonce,
      state,
    });
    return url;
  },

  async '/callback'(url) {
    const params = oauth.validateAuthResponse(as, client, url, state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      clientAuth,
      params,
      redirectUri,
      codeVerifier,
      options,
    );
    tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(as, response, options);
    return { claims: oauth.getValidatedIdTokenClaims(tokens) };
  },

  async '/profile'() {
    const { sub } = oauth.getValidatedIdTokenClaims(tokens);
    const response = await oauth.userInfoRequest(as, client, tokens.access_token, options);
    return await oauth.processUserInfoResponse(as, client, sub, response);
  },

  async '/refresh'() {
    const request = oauth.refreshTokenGrantRequest(as, client, clientAuth, tokens.refresh_token, options);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, await request);
    return { scope: refreshed.scope, ...oauth.getValidatedIdTokenClaims(refreshed) };
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
