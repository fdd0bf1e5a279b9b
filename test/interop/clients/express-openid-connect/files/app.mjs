import express from 'express';
import openid from 'express-openid-connect';

const { auth, requiresAuth } = openid;
const app = express();

app.use(
  auth({
    issuerBaseURL: 'https://login.example.com',
    baseURL: 'https://app.example.com',
    clientID: 'my-client-id',
    secret: 'a long, randomly-generated string stored in env',
    authRequired: false,
    idpLogout: true,
    clientSecret: 'my-client-secret',
    authorizationParams: {
      response_type: 'code',
      audience: 'https://orders.example.com',
      scope: 'openid profile email offline_access orders:read',
    },
  }),
);

app.get('/', (request, response) => {
  response.json(request.oidc.isAuthenticated() ? request.oidc.user : null);
});

app.get('/profile', requiresAuth(), async (request, response) => {
  response.json(await request.oidc.fetchUserInfo());
});

app.get('/orders', requiresAuth(), async (request, response) => {
  let { token_type, access_token, isExpired, refresh } = request.oidc.accessToken;
  if (isExpired() || 'refresh' in request.query) ({ access_token } = await refresh());
  const orders = await fetch(`${process.env.ORDERS_URL}/orders`, {
    headers: { Authorization: `${token_type} ${access_token}` },
  });
  response.status(orders.status).send(await orders.text());
});

app.listen(process.env.PORT ?? 8080);
