import assert from 'node:assert/strict';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { openJson, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'express-openid-connect',
  title: 'express-openid-connect (Node.js)',
  about: 'Middleware for Express that signs people in.',
  documentation: 'https://github.com/auth0/express-openid-connect#configuring-the-sdk',
  toolchain: npm('express-openid-connect', 'express'),
  files: [{ path: 'app.mjs', about: 'An application with Express.' }],
  apis: [ORDERS_API],
  addOptions: ['--scope', 'openid profile email offline_access orders:read'],
  setting: {
    lines: { 'app.mjs': ["clientSecret: 'my-client-secret',", "response_type: 'code',"] },
    refusal: 'response_type must be code',
    detail: null,
  },
  problems: [
    {
      says: '`"auth_verification" cookie not found.`',
      cause:
        'The browser did not send the cookie of the sign-in: `baseURL` and the address in the browser differ, or the page was opened again.',
      fix: 'Set `baseURL` to the address that people open, with https behind a proxy.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    const { sub } = stage;
    const { name, email } = MARIA;
    await stage.step('starts', async () =>
      stage.start('node', ['app.mjs'], { ORDERS_URL: await stage.ordersApi() }),
    );
    await stage.step('refuses an answer without its cookie', async () => {
      const { status, text } = await stage.person().visit(`${stage.appUrl}/callback?code=x&state=y`);
      assert.deepEqual([status, /&quot;auth_verification&quot; cookie not found\./.test(text)], [400, true]);
    });
    await stage.step('signs a person in, whose name and email address are in the session', async () => {
      const user = await openJson(person, `${stage.appUrl}/login`);
      assert.deepEqual(pick(user, ['sub', 'name', 'email']), { sub, name, email });
    });
    await stage.step('reads userinfo', async () => {
      const userinfo = await openJson(person, `${stage.appUrl}/profile`);
      assert.deepEqual(pick(userinfo, ['sub', 'name', 'email']), { sub, name, email });
    });
    for (const [path, how] of [
      ['/orders', ''],
      ['/orders?refresh', ' after a refresh'],
    ] as const) {
      await stage.step(`calls an API with the access token${how}`, async () => {
        const { sub: caller, scope } = await openJson(person, stage.appUrl + path);
        assert.deepEqual([caller, scope], [sub, 'openid profile email orders:read']);
      });
    }
    await stage.step('signs the person out of both', async () => {
      const page = await person.visit(`${stage.appUrl}/logout`);
      assert.deepEqual([page.url.href, page.text], [`${stage.appUrl}/`, 'null']);
    });
  },
};
