import assert from 'node:assert/strict';
import FakeTimers, { type Clock } from '@sinonjs/fake-timers';
import { createAccessTokenVerifier } from '../../src/resource-server/access-token.ts';
import { createIssuerKeys } from '../../src/resource-server/issuer-keys.ts';
import { Api } from './api.ts';
import { Issuer, makeKey } from './issuer.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('resource server: a token that was verified before', () => {
  let clock: Clock;
  let issuer: Issuer;
  let api: Api;
  let token: string;

  beforeEach(async () => {
    clock = FakeTimers.install({ toFake: ['Date', 'performance'], now: Date.now() });
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
    token = await issuer.token();
    assert.equal((await api.ask({ token })).status, 200);
  });

  afterEach(async () => {
    clock.uninstall();
    await api.stop();
    await issuer.stop();
  });

  const status = async (of: string) => (await api.ask({ token: of })).status;

  it('is verified once', async () => {
    const verify = crypto.subtle.verify.bind(crypto.subtle);
    let calls = 0;
    crypto.subtle.verify = (...of: Parameters<typeof verify>) => {
      calls += 1;
      return verify(...of);
    };
    try {
      assert.equal(await status(token), 200);
      assert.equal(calls, 0);
      assert.equal(await status(await issuer.token()), 200);
      assert.equal(calls, 1);
    } finally {
      Reflect.deleteProperty(crypto.subtle, 'verify');
    }
  });

  it('is rejected once it has expired', async () => {
    const { exp } = issuer.goodClaims() as { exp: number };
    clock.setSystemTime((exp + 9) * 1000);
    assert.equal(await status(token), 200);
    clock.setSystemTime((exp + 11) * 1000);
    assert.equal(await status(token), 401);
  });

  it('is rejected once its key is withdrawn', async () => {
    const { publicJwk } = await makeKey('second');
    issuer.keys = [publicJwk];
    clock.tick(9 * MINUTE);
    const long = await issuer.token({ claims: { exp: Math.floor(Date.now() / 1000) + 3600 } });
    assert.equal(await status(long), 200);
    clock.tick(2 * MINUTE);
    assert.equal(await status(long), 401);
  });

  it('is rejected once its kid names another key', async () => {
    const { publicJwk } = await makeKey(issuer.key.kid);
    issuer.keys = [publicJwk];
    const long = await issuer.token({ claims: { exp: Math.floor(Date.now() / 1000) + 3600 } });
    assert.equal(await status(long), 200);
    clock.tick(11 * MINUTE);
    assert.equal(await status(long), 401);
  });

  it('does not vouch for a token that differs in one character', async () => {
    for (const index of [5, token.indexOf('.') + 9, token.length - 20]) {
      const other = token[index] === 'A' ? 'B' : 'A';
      assert.equal(await status(token.slice(0, index) + other + token.slice(index + 1)), 401);
    }
    assert.equal(await status(token), 200);
  });

  it('has claims that the handler of one request cannot change for the next one', async () => {
    const verify = createAccessTokenVerifier({
      issuer: issuer.url,
      audience: issuer.audience,
      algorithms: ['RS256'],
      clockTolerance: 10,
      keys: createIssuerKeys({ jwksUri: `${issuer.url}/jwks`, maxAge: MINUTE, cooldown: MINUTE }),
    });
    const claims: { subject: string } = await verify(token);
    assert.throws(() => (claims.subject = 'administrator'), TypeError);
    assert.equal(await verify(token), claims);
  });

  it('is an error of the issuer, not of the token, while its keys cannot be fetched', async () => {
    const long = await issuer.token({ claims: { exp: Math.floor(Date.now() / 1000) + 3600 } });
    assert.equal(await status(long), 200);
    issuer.status = 500;
    clock.tick(11 * MINUTE);
    assert.equal(await status(long), 503);
  });
});
