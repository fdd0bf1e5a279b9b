import assert from 'node:assert/strict';
import { describeScopes } from '../../src/pages/scope-descriptions.ts';

const apis = [
  {
    name: 'Sample API',
    audience: 'https://api.example',
    scopes: { 'messages:read': { description: 'Read messages', sensitive: false } },
  },
];

describe('scopes in words', () => {
  it('group profile, APIs and access while away, in this order', () => {
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

  it('list a scope that nobody described, by its name', () => {
    const [group] = describeScopes(['payroll.approve'], apis);
    assert.deepEqual(group?.items, [
      { scope: 'payroll.approve', description: 'Use the permission “payroll.approve”' },
    ]);
  });

  it('name an API that a token is for, also without a scope of it', () => {
    const groups = describeScopes(['openid'], apis, ['https://api.example']);
    assert.deepEqual(
      groups.map(({ title, items }) => [title, items.map(({ description }) => description)]),
      [['Sample API', ['Use it in your name']]],
    );
    const withScope = describeScopes(['messages:read'], apis, ['https://api.example']);
    assert.deepEqual(withScope, describeScopes(['messages:read'], apis));
  });

  it('say nothing of openid, which the page says when it is all', () => {
    assert.deepEqual(describeScopes(['openid'], apis), []);
  });

  it('have words for all other standard scopes', () => {
    const standard = ['profile', 'email', 'address', 'phone', 'groups', 'offline_access'];
    const groups = describeScopes(standard, []);
    assert.equal(groups.flatMap(({ items }) => items).length, standard.length);
    assert.ok(!groups.some(({ title }) => title === 'Other access'));
  });
});
