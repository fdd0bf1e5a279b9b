import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';

const app = express();

app.use(
  auth({
    issuerBaseURL: 'https://login.example.com',
    audience: 'https://orders.example.com',
    // Refuses tokens that are no access tokens (RFC 9068).
    strict: true,
    tokenSigningAlg: 'RS256',
  }),
);

app.get('/orders', requiredScopes('orders:read'), (request, response) => response.json(request.auth.payload));
app.get('/refunds', requiredScopes('orders:write'), (request, response) => response.json([]));

app.listen(process.env.PORT ?? 8080);
