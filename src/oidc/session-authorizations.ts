import type { Provider } from 'oidc-provider';

/**
 * The engine keeps what a session knows of each client in a plain object, by client id. A client id may be a name that every object
 * inherits, of a client that was stored before such ids were refused; the object is given no prototype, so that it inherits nothing.
 */
export function keepAuthorizationsApart(provider: Provider): void {
  const session = provider.Session.prototype as unknown as SessionModel;
  const { authorizationFor } = session;
  session.authorizationFor = function authorizationWithoutPrototype(clientId, value) {
    const { authorizations } = this;
    if (authorizations === undefined ? value !== undefined : Object.getPrototypeOf(authorizations) !== null) {
      this.authorizations = Object.assign(Object.create(null) as object, authorizations);
    }
    return authorizationFor.call(this, clientId, value);
  };
}

interface SessionModel {
  authorizations?: object;
  authorizationFor: (this: SessionModel, clientId: string, value?: unknown) => object;
}
