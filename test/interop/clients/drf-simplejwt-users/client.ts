import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { startDjango } from '../../support/django.ts';
import { pypi } from '../../support/pypi.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'drf-simplejwt-users',
  title: 'Django REST framework with Simple JWT and users of Django',
  about:
    'An API that verifies access tokens itself and keeps a user of Django for each person: `pip install djangorestframework "djangorestframework-simplejwt[crypto]"`.',
  documentation: 'https://django-rest-framework-simplejwt.readthedocs.io/en/latest/getting_started.html',
  toolchain: pypi('drf-simplejwt-users', 'djangorestframework-simplejwt', 'djangorestframework', 'Django'),
  files: [
    {
      path: 'authentication.py',
      about:
        'The class of Simple JWT expects the number of a user in the token. This one looks up the `sub`, which stays the same for as long as the account exists. The email address is in the token because of `accessTokenClaims`.',
    },
    { path: 'settings.py', about: 'The settings name the class.' },
    { path: 'permissions.py', about: 'Simple JWT does not look at scopes. This class does.' },
    { path: 'views.py', about: 'A view names the scope that it needs.' },
    { path: 'urls.py', about: 'The address of the view.', hidden: true },
    { path: 'project.py', about: 'The rest of a project.', hidden: true },
  ],
  apis: [
    {
      audience: 'https://tickets.example.com',
      name: 'Tickets',
      scopes: { 'tickets:read': 'See your tickets', 'tickets:write': 'Open tickets for you' },
      accessTokenClaims: ['email'],
    },
  ],
  problems: [
    {
      says: "`500` with `ValueError: Field 'id' expected a number`",
      cause:
        'The settings name `JWTAuthentication`, which looks up a user of Django whose `id` is the `sub`.',
      fix: 'Name the class of `authentication.py`.',
    },
    {
      says: '`401` with `Token has no type`',
      cause: '`TOKEN_TYPE_CLAIM` is not `None`.',
      fix: "Set `'TOKEN_TYPE_CLAIM': None`.",
    },
    {
      says: '`401` with `The token is not of a person`',
      cause: 'A program got the token by client credentials.',
      fix: 'Use the [stateless class](drf-simplejwt.md) for views that programs may call.',
    },
  ],
  async run(stage) {
    const tickets = `${stage.appUrl}/tickets`;
    const user = { id: 1, username: stage.sub, email: MARIA.email };
    await stage.step('starts', () => startDjango(stage));
    await stage.step('creates a user for a person', async () => {
      assert.deepEqual(await answerOf(tickets, await stage.personToken('openid tickets:read')), [200, user]);
    });
    await stage.step('finds the user again', async () => {
      assert.deepEqual(await answerOf(tickets, await stage.personToken('openid tickets:read')), [200, user]);
    });
    await stage.step('refuses a token without the scope', async () => {
      const expected = { detail: 'You do not have permission to perform this action.' };
      assert.deepEqual(await answerOf(tickets, await stage.personToken('openid tickets:write')), [
        403,
        expected,
      ]);
    });
    await stage.step('refuses a token of a program', async () => {
      const token = await stage.machineToken({ scope: 'tickets:read' });
      const expected = { detail: 'The token is not of a person', code: 'no_person' };
      assert.deepEqual(await answerOf(tickets, token), [401, expected]);
    });
  },
};
