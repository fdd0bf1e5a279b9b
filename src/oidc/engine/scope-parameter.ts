import type { Provider } from 'oidc-provider';
import { overrideProperty } from '../overrides.ts';

/**
 * Normalizes the `scope` parameter to RFC 6749 §3.3: one space between two scopes, none around them. Some applications send more spaces, which
 * the engine rejects or reads as a scope without a name.
 */

interface Params {
  scope?: unknown;
}

/** The engine's context of a request; the engine sets `params` when it has read them. */
interface Context {
  route: string;
}

const assembled = new WeakMap<Context, Params>();

/** Applies to all endpoints. */
export function normalizeScopeParameter(provider: Provider): void {
  overrideProperty<Context, Params | undefined>(provider, 'OIDCContext.prototype.params', {
    get() {
      return assembled.get(this);
    },
    set(params) {
      if (params === undefined) return;
      if (typeof params.scope === 'string') params.scope = normalizeScope(params.scope, this.route);
      assembled.set(this, params);
    },
  });
}

/**
 * A value of spaces only counts as absent, like an empty one (RFC 6749 §3.1), where a page shows the scopes that apply instead. At the token
 * endpoint it is an error, so that the client learns of its empty list.
 */
function normalizeScope(scope: string, route: string): string | undefined {
  const scopes = scope.split(' ').filter(Boolean);
  if (scopes.length > 0) return scopes.join(' ');
  return route === 'token' ? scope : undefined;
}
