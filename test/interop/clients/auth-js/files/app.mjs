import { ExpressAuth, getSession } from '@auth/express';
import express from 'express';

const config = {
  // openssl rand -hex 32
  secret: process.env.AUTH_SECRET,
  trustHost: true,
  providers: [
    {
      id: 'signet',
      name: 'Signet',
      type: 'oidc',
      issuer: 'https://login.example.com',
      clientId: 'my-client-id',
      clientSecret: 'my-client-secret',
    },
  ],
};

const app = express();
// Behind a proxy that sets X-Forwarded-Proto.
app.set('trust proxy', true);
app.use('/auth', ExpressAuth(config));
app.get('/', async (request, response) => {
  response.json(await getSession(request, config));
});
app.listen(process.env.PORT ?? 8080);
