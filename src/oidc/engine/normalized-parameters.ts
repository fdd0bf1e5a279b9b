import type { DefaultState } from 'koa';
import type { Provider } from 'oidc-provider';
import { overrideProperty } from '../overrides.ts';

/**
 * Normalizes parameters before anything reads, compares or stores them:
 * - `scope` to RFC 6749 §3.3: one space between two scopes, none around them. Some applications send more spaces, which the engine rejects
 *   or reads as a scope without a name.
 * - `resource` to the audience as it is declared, where only the slash of an empty path differs (`tokens/api-access.ts`).
 *
 * The engine copies those of a request object over the others later: they are normalized when they are set.
 */

interface Params {
  scope?: unknown;
  resource?: unknown;
  request?: unknown;
  request_uri?: unknown;
}

/** The engine's context of a request; the engine sets `params` when it has read them. */
interface Context {
  route: string;
  ctx: { state: DefaultState };
}

declare module 'koa' {
  interface DefaultState {
    /** Why the request object of the request is rejected, which was found in front of the engine (`authorization/request-object-reader.ts`). */
    rejectedRequest?: Error;
  }
}

type CanonicalResource = (resource: string) => string;

const assembled = new WeakMap<Context, Params>();

/** Applies to all endpoints. */
export function normalizeParameters(provider: Provider, canonicalResource: CanonicalResource): void {
  overrideProperty<Context, Params | undefined>(provider, 'OIDCContext.prototype.params', {
    get() {
      return assembled.get(this);
    },
    set(params) {
      if (params === undefined) return;
      const { route } = this;
      const normalize = {
        scope: (scope: unknown) => (typeof scope === 'string' ? normalizeScope(scope, route) : scope),
        resource: (resource: unknown) => normalizeResource(resource, canonicalResource),
      };
      if (params.scope !== undefined) params.scope = normalize.scope(params.scope);
      if (params.resource !== undefined) params.resource = normalize.resource(params.resource);
      const hasObject = (params.request ?? params.request_uri) !== undefined;
      if (hasObject) normalizeWhenSet(params, normalize);
      assembled.set(this, params);
      // A client that authenticates does so before: those parameters are set first.
      const { rejectedRequest } = this.ctx.state;
      if (rejectedRequest !== undefined && hasObject) throw rejectedRequest;
    },
  });
}

function normalizeWhenSet(
  params: object,
  normalize: Readonly<Record<string, (value: unknown) => unknown>>,
): void {
  for (const [name, normalized] of Object.entries(normalize)) {
    let current = Reflect.get(params, name) as unknown;
    Object.defineProperty(params, name, {
      configurable: true,
      enumerable: true,
      get: () => current,
      set(value: unknown) {
        current = normalized(value);
      },
    });
  }
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

/** Of a request for several APIs, each. */
function normalizeResource(resource: unknown, canonical: CanonicalResource): unknown {
  if (Array.isArray(resource)) return resource.map((each) => normalizeResource(each, canonical));
  return typeof resource === 'string' ? canonical(resource) : resource;
}
