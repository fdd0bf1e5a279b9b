import type { Api } from '../config/schema.ts';
import type { PermissionGroup } from '../http/page-data.ts';
import { describeScopes } from '../http/scope-words.ts';

/**
 * What the consent page lists: the requested scopes in words, the most telling first. That people are recognised goes without
 * saying and stands last in its group.
 */
export function permissions(scopes: Iterable<string>, apis: readonly Api[]): PermissionGroup[] {
  const rank = (scope: string): number => (scope === 'openid' ? 1 : 0);
  return describeScopes(scopes, apis).map(({ title, items }) => ({
    title,
    items: items.toSorted((a, b) => rank(a.scope) - rank(b.scope)),
  }));
}
