import assert from 'node:assert/strict';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { runPython, startDjango } from '../../support/django.ts';
import { pypi } from '../../support/pypi.ts';

export const client: InteropClient = {
  name: 'drf-simplejwt',
  title: 'Django REST framework with Simple JWT',
  about:
    'An API that verifies access tokens itself and has no users of its own: `pip install djangorestframework "djangorestframework-simplejwt[crypto]"`.',
  documentation:
    'https://django-rest-framework-simplejwt.readthedocs.io/en/latest/stateless_user_authentication.html',
  toolchain: pypi('drf-simplejwt', 'djangorestframework-simplejwt', 'djangorestframework', 'Django'),
  files: [
    {
      path: 'settings.py',
      about:
        'Simple JWT was made for tokens of its own: `TOKEN_TYPE_CLAIM` is a claim that other tokens do not have, and a user id in it is a number, hence the stateless class.',
    },
    { path: 'permissions.py', about: 'Simple JWT does not look at scopes. This class does.' },
    { path: 'views.py', about: 'A view names the scope that it needs.' },
    { path: 'urls.py', about: 'The address of the view.', hidden: true },
    { path: 'problems.py', about: 'What may go wrong.', hidden: true },
    { path: 'project.py', about: 'The rest of a project.', hidden: true },
  ],
  apis: [ORDERS_API],
  problems: [
    {
      says: '`401` with `Token has no type`',
      cause: '`TOKEN_TYPE_CLAIM` is not `None`.',
      fix: "Set `'TOKEN_TYPE_CLAIM': None`.",
    },
    {
      says: "`500` with `ValueError: Field 'id' expected a number`",
      cause: '`JWTAuthentication` looks up a user of Django whose `id` is the `sub`.',
      fix: 'Use `JWTStatelessUserAuthentication`, or map `sub` as [the page for users of Django](drf-simplejwt-users.md) does.',
    },
    {
      says: '`401` with `Token is invalid` for every token',
      cause: 'The token is for another API, is an ID token, or is opaque.',
      fix: '`AUDIENCE` must be the `audience` of the API in `signet.yaml`, and the client must ask for one of its scopes. `signet token verify` shows what a token has.',
    },
  ],
  async run(stage) {
    const orders = `${stage.appUrl}/orders`;
    await stage.step('starts', () => startDjango(stage));
    await stage.step('accepts a token of a program', async () => {
      const token = await stage.machineToken({ scope: 'orders:read' });
      assert.deepEqual(await answerOf(orders, token), [200, { user: 'nightly-job', client: 'nightly-job' }]);
    });
    await stage.step('accepts a token of a person', async () => {
      const token = await stage.personToken('openid orders:read');
      assert.deepEqual(await answerOf(orders, token), [200, { user: stage.sub, client: 'nightly-job' }]);
    });
    await stage.step('needs the settings of the page for such a token', async () => {
      const printed = await runPython(stage, ['problems.py', await stage.personToken('openid orders:read')]);
      const expected = [
        `ValueError: Field 'id' expected a number but got '${stage.sub}'.`,
        'TokenError: Token has no type',
      ];
      assert.deepEqual(printed.split('\n'), expected);
    });
    await stage.step('refuses a request without a token', async () => {
      const expected = { detail: 'Authentication credentials were not provided.' };
      assert.deepEqual(await answerOf(orders), [401, expected]);
    });
    await stage.step('refuses a token without the scope', async () => {
      const token = await stage.machineToken({ scope: 'orders:write' });
      const expected = { detail: 'You do not have permission to perform this action.' };
      assert.deepEqual(await answerOf(orders, token), [403, expected]);
    });
    await stage.step('refuses a token for another API', async () => {
      const token = await stage.machineToken({ scope: 'billing:read' });
      const [status, body] = await answerOf(orders, token);
      assert.deepEqual([status, (body as { code: string }).code], [401, 'token_not_valid']);
    });
  },
};
