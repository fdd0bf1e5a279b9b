import oauth2 from '@fastify/oauth2';
import Fastify from 'fastify';

const fastify = Fastify();

fastify.register(oauth2, {
  name: 'signet',
  scope: ['openid', 'profile', 'email', 'offline_access'],
  credentials: {
    client: {
      id: 'my-client-id',
      secret: 'my-client-secret',
    },
  },
  startRedirectPath: '/login',
  callbackUri: 'https://app.example.com/login/callback',
  discovery: { issuer: 'https://login.example.com' },
});

fastify.get('/login/callback', async function (request) {
  const { token } = await this.signet.getAccessTokenFromAuthorizationCodeFlow(request);
  const userinfo = await this.signet.userinfo(token);
  const { token: refreshed } = await this.signet.getNewAccessTokenUsingRefreshToken(token);
  await this.signet.revokeToken(refreshed, 'refresh_token');
  return { userinfo, scope: refreshed.scope };
});

fastify.listen({ port: Number(process.env.PORT ?? 8080) });
