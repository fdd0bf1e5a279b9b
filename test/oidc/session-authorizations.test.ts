import assert from 'node:assert/strict';
import { Provider } from 'oidc-provider';
import { isolateAuthorizations } from '../../src/oidc/engine/session-authorizations.ts';

interface Authorizations {
  authorizationFor(clientId: string, value?: unknown): Record<string, unknown>;
  sidFor(clientId: string, value?: string): string | undefined;
  grantIdFor(clientId: string, value?: string): string | undefined;
  authorizations?: Record<string, unknown>;
}

describe('The authorizations of a session', () => {
  const provider = new Provider('http://localhost');
  isolateAuthorizations(provider);
  const sessionOf = (authorizations?: unknown): Authorizations =>
    Reflect.construct(provider.Session, [{ authorizations }]) as Authorizations;
  const names = Object.getOwnPropertyNames(Object.prototype);

  it('inherit nothing from Object.prototype, for any client id', () => {
    for (const session of [sessionOf(), sessionOf({ web: { sid: 'of web' } })]) {
      for (const name of names) {
        assert.equal(session.sidFor(name), undefined, name);
        session.sidFor(name, `sid of ${name}`);
        session.grantIdFor(name, `grant of ${name}`);
      }
      for (const name of names) {
        assert.equal(session.sidFor(name), `sid of ${name}`);
        assert.equal(session.grantIdFor(name), `grant of ${name}`);
      }
    }
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), names);
  });

  it('are the same after a round trip through the store', () => {
    const session = sessionOf();
    session.grantIdFor('web', 'a');
    session.grantIdFor('__proto__', 'b');
    const again = sessionOf(JSON.parse(JSON.stringify(session.authorizations)));
    assert.equal(again.grantIdFor('web'), 'a');
    assert.equal(again.grantIdFor('__proto__'), 'b');
    assert.equal(again.grantIdFor('constructor'), undefined);
  });

  it('are not created by a look-up', () => {
    const session = sessionOf();
    assert.deepEqual(session.authorizationFor('web'), {});
    assert.equal(session.authorizations, undefined);
  });
});
