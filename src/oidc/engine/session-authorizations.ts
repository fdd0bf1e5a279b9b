import type { Provider } from 'oidc-provider';

/**
 * What a session knows of each client (its grant, its `sid`), by client id. The engine keeps it in a plain object, reads all of it at the
 * start of a request and writes all of it at the end.
 *
 * A client id may be a name that every object inherits, of a client that was stored before such ids were refused; so the object is given
 * no prototype. And two requests of one session may run in two processes; so a request writes what it has changed, and leaves the rest as
 * it is by then.
 */
type Authorizations = Record<string, object>;

/** What each object held when it was read, as JSON by client id. */
const asRead = new WeakMap<object, ReadonlyMap<string, string>>();

/** @param stored as the store gives it */
export function readAuthorizations(stored: object): Authorizations {
  const authorizations = withoutPrototype(stored);
  asRead.set(
    authorizations,
    new Map(Object.entries(authorizations).map(([id, of]) => [id, JSON.stringify(of)])),
  );
  return authorizations;
}

/** What was read and then changed, over what is stored by now. */
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

/** Has the engine find nothing inherited there, also in what did not come from the store. */
export function isolateAuthorizations(provider: Provider): void {
  const session = provider.Session.prototype as unknown as SessionModel;
  const { authorizationFor } = session;
  session.authorizationFor = function authorizationWithoutPrototype(clientId, value) {
    const { authorizations } = this;
    if (authorizations === undefined ? value !== undefined : Object.getPrototypeOf(authorizations) !== null) {
      this.authorizations = withoutPrototype(authorizations);
    }
    return authorizationFor.call(this, clientId, value);
  };
}

interface SessionModel {
  authorizations?: object;
  authorizationFor: (this: SessionModel, clientId: string, value?: unknown) => object;
}

function withoutPrototype(authorizations: object | undefined): Authorizations {
  return Object.assign(Object.create(null) as Authorizations, authorizations);
}
