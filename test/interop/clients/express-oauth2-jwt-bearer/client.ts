import assert from 'node:assert/strict';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { type Json, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';

export const client: InteropClient = {
  name: 'express-oauth2-jwt-bearer',
  title: 'express-oauth2-jwt-bearer (API in Node.js)',
  about: 'Middleware for Express that verifies access tokens with the public keys of the issuer.',
  documentation:
    'https://github.com/auth0/node-oauth2-jwt-bearer/tree/main/packages/express-oauth2-jwt-bearer#readme',
  toolchain: npm('express-oauth2-jwt-bearer', 'express'),
  files: [{ path: 'api.mjs', about: 'An API with Express.' }],
  apis: [ORDERS_API],
  problems: [
    {
      says: "401 `Unexpected 'aud' value`",
      cause: 'The token is for another API, or for none.',
      fix: 'Request a scope of the API, or `resource` with its audience.',
    },
    {
      says: "401 `Unexpected 'typ' value`",
      cause: 'The API has `accessTokenType: JWT` in `signet.yaml`, and `strict` expects `at+jwt`.',
      fix: 'Remove `accessTokenType` or `strict`.',
    },
  ],
  async run(stage) {
    const call = async (path: string, token?: string): Promise<Response> =>
      await fetch(stage.appUrl + path, {
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      });
    await stage.step('starts', () => stage.start('node', ['api.mjs']));
    const token = await stage.machineToken({ scope: 'orders:read' });
    await stage.step('accepts a token for this API', async () => {
      const response = await call('/orders', token);
      assert.equal(response.status, 200, await response.clone().text());
      const payload = (await response.json()) as Json;
      assert.deepEqual(pick(payload, ['iss', 'aud', 'scope']), {
        iss: stage.issuer,
        aud: ORDERS_API.audience,
        scope: 'orders:read',
      });
    });
    await stage.step('refuses a token for another API', async () => {
      const { status, headers } = await call('/orders', await stage.machineToken({ scope: 'billing:read' }));
      const description = /error_description="([^"]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1];
      assert.deepEqual([status, description], [401, "Unexpected 'aud' value"]);
    });
    await stage.step('refuses a token without the scope', async () => {
      const { status, headers } = await call('/refunds', token);
      assert.deepEqual(
        [status, /error="(\w+)"/.exec(headers.get('www-authenticate') ?? '')?.[1]],
        [403, 'insufficient_scope'],
      );
    });
    await stage.step('refuses a request without a token', async () => {
      assert.equal((await call('/orders')).status, 401);
    });
  },
};
