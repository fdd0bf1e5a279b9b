import type { Provider } from 'oidc-provider';

/**
 * The `scope` of a request as RFC 6749 §3.3 writes it: one space between two scopes, and none around them. Applications that put their
 * list together from parts send others, which the engine refuses, or takes for a scope without a name.
 */

interface Params {
  scope?: unknown;
}

/** The engine's context of a request, which gets its parameters once they are read. */
interface Context {
  route: string;
}

const assembled = new WeakMap<Context, Params>();

/** Has the engine see parameters so, at whichever endpoint. */
export function normalizeScopeParameter(provider: Provider): void {
  const { prototype } = (provider as unknown as { OIDCContext: { prototype: Context } }).OIDCContext;
  Object.defineProperty(prototype, 'params', {
    configurable: true,
    get(this: Context) {
      return assembled.get(this);
    },
    set(this: Context, params: Params) {
      if (typeof params.scope === 'string') params.scope = tidied(params.scope, this.route);
      assembled.set(this, params);
    },
  });
}

/**
 * Nothing but spaces is left out, as an empty value is (RFC 6749 §3.1), where a person sees what is given instead. A machine that has
 * put together an empty list is told so.
 */
function tidied(scope: string, route: string): string | undefined {
  const scopes = scope.split(' ').filter(Boolean);
  if (scopes.length > 0) return scopes.join(' ');
  return route === 'token' ? scope : undefined;
}
