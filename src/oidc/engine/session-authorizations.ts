import type { Provider } from 'oidc-provider';
import { override } from '../overrides.ts';

/**
 * The authorizations of a session by client id: grant and `sid` of each client. The engine keeps them in a plain object, which it reads at
 * the start of a request and writes as a whole at the end.
 *
 * A client stored by an earlier version may have an id that every object inherits (`constructor`), so the object has no prototype. Two
 * requests of one session may run in two processes, so a request writes only the authorizations that it has changed.
 */
type Authorizations = Record<string, object>;

/** The content of each object when it was read, as JSON by client id. */
const asRead = new WeakMap<object, ReadonlyMap<string, string>>();

/** @param stored as the store gives it */
export function readAuthorizations(stored: object): Authorizations {
  const authorizations = withoutPrototype(stored);
  asRead.set(
    authorizations,
    new Map(Object.entries(authorizations).map(([id, authorization]) => [id, JSON.stringify(authorization)])),
  );
  return authorizations;
}

/** Applies the authorizations that a request has changed to those that are stored now. */
export function mergeAuthorizations(
  stored: object | undefined,
  changed: object | undefined,
): object | undefined {
  if (stored === undefined || changed === undefined) return changed ?? stored;
  const before = asRead.get(changed);
  const merged = withoutPrototype(stored);
  for (const [id, authorization] of Object.entries(changed as Authorizations)) {
    if (JSON.stringify(authorization) !== before?.get(id)) merged[id] = authorization;
  }
  return merged;
}

/** Makes the engine use an object without a prototype, also for a session that was not read from the store. */
export function isolateAuthorizations(provider: Provider): void {
  override<SessionModel['authorizationFor']>(
    provider,
    'Session.prototype.authorizationFor',
    (authorizationFor) =>
      function authorizationWithoutPrototype(clientId, value) {
        const { authorizations } = this;
        if (
          authorizations === undefined ? value !== undefined : Object.getPrototypeOf(authorizations) !== null
        ) {
          this.authorizations = withoutPrototype(authorizations);
        }
        return authorizationFor.call(this, clientId, value);
      },
  );
}

interface SessionModel {
  authorizations?: object;
  authorizationFor: (this: SessionModel, clientId: string, value?: unknown) => object;
}

function withoutPrototype(authorizations: object | undefined): Authorizations {
  return Object.assign(Object.create(null) as Authorizations, authorizations);
}
