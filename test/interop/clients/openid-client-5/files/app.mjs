import { createServer } from 'node:http';
import { generators, Issuer } from 'openid-client';

const clientId = 'my-client-id';
const clientSecret = 'my-client-secret';
const appUrl = 'https://app.example.com';

const issuer = await Issuer.discover('https://login.example.com');
const client = new issuer.Client({
  client_id: clientId,
  client_secret: clientSecret,
  redirect_uris: [`${appUrl}/cb`],
  response_types: ['code'],
});

// One person at a time; a real application keeps these in the session of the browser.
let checks;
let tokens;

const routes = {
  async '/login'() {
    checks = { nonce: generators.nonce(), state: generators.state() };
    return new URL(client.authorizationUrl({ scope: 'openid email profile offline_access', ...checks }));
  },

  async '/login-pkce'() {
    checks = { code_verifier: generators.codeVerifier() };
    return new URL(
      client.authorizationUrl({
        scope: 'openid email profile offline_access',
        code_challenge: generators.codeChallenge(checks.code_verifier),
        code_challenge_method: 'S256',
      }),
    );
  },

  async '/cb'(request) {
    tokens = await client.callback(`${appUrl}/cb`, client.callbackParams(request), checks);
    return { claims: tokens.claims() };
  },

  async '/profile'() {
    return await client.userinfo(tokens.access_token);
  },

  async '/refresh'() {
    tokens = await client.refresh(tokens.refresh_token);
    return { claims: tokens.claims() };
  },

  async '/logout'() {
    return new URL(
      client.endSessionUrl({ post_logout_redirect_uri: `${appUrl}/`, id_token_hint: tokens.id_token }),
    );
  },
};

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, appUrl);
  try {
    const answer = (await routes[pathname]?.(request)) ?? 'home';
    if (answer instanceof URL) response.writeHead(302, { location: answer.href }).end();
    else response.end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(error.message);
  }
}).listen(process.env.PORT ?? 8080);
