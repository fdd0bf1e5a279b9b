import assert from 'node:assert/strict';
import { createMessages } from '../../src/messages/messages.ts';
import { describeScopes as scopesOf } from '../../src/pages/scope-descriptions.ts';

const { text } = createMessages().texts('en');

/** As the page shows them. */
function describeScopes(...parameters: Parameters<typeof scopesOf>) {
  return scopesOf(...parameters).map(({ title, items }) => ({
    title: text(title),
    items: items.map(({ scope, description }) => ({ scope, description: text(description) })),
  }));
}

const apis = [
  {
    name: 'Sample API',
    audience: 'https://api.example',
    scopes: { 'messages:read': { description: 'Read messages', sensitive: false } },
  },
];

describe('describeScopes', () => {
  it('groups profile, APIs and offline access, in this order', () => {
    const groups = describeScopes(['offline_access', 'messages:read', 'email', 'openid'], apis);
    assert.deepEqual(
      groups.map(({ title, items }) => [title, items.map(({ scope }) => scope)]),
      [
        ['Your profile', ['email']],
        ['Sample API', ['messages:read']],
        ['While you are away', ['offline_access']],
      ],
    );
  });

  it('lists a scope without a description by its name', () => {
    const [group] = describeScopes(['payroll.approve'], apis);
    assert.deepEqual(group?.items, [
      { scope: 'payroll.approve', description: 'Use the permission “payroll.approve”' },
    ]);
  });

  it('lists an API of the token also without scopes', () => {
    const groups = describeScopes(['openid'], apis, ['https://api.example']);
    assert.deepEqual(
      groups.map(({ title, items }) => [title, items.map(({ description }) => description)]),
      [['Sample API', ['Use it in your name']]],
    );
    const withScope = describeScopes(['messages:read'], apis, ['https://api.example']);
    assert.deepEqual(withScope, describeScopes(['messages:read'], apis));
  });

  it('lists the claims in the access tokens of an API, for that API only', () => {
    const withClaims = apis.map((api) => ({
      ...api,
      accessTokenClaims: ['email', 'preferred_username', 'cost_center'],
    }));
    const line = 'Know about you: email address, username, cost center';
    const shown = (scopes: string[], audiences?: string[]) =>
      describeScopes(scopes, withClaims, audiences).map(({ title, items }) => [
        title,
        items.map(({ description }) => description),
      ]);
    assert.deepEqual(shown(['messages:read']), [['Sample API', ['Read messages', line]]]);
    assert.deepEqual(shown([], ['https://api.example']), [['Sample API', ['Use it in your name', line]]]);
    assert.deepEqual(shown(['email']), [['Your profile', ['See your email address']]]);
  });

  it('leaves out openid', () => {
    assert.deepEqual(describeScopes(['openid'], apis), []);
  });

  it('describes all other standard scopes', () => {
    const standard = ['profile', 'email', 'address', 'phone', 'groups', 'offline_access'];
    const groups = describeScopes(standard, []);
    assert.equal(groups.flatMap(({ items }) => items).length, standard.length);
    assert.ok(!groups.some(({ title }) => title === 'Other access'));
  });
});
