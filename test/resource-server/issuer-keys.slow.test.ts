import assert from 'node:assert/strict';
import FakeTimers, { type Clock } from '@sinonjs/fake-timers';
import { Api } from './api.ts';
import { Issuer, makeKey, type SigningKey } from './issuer.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe("resource server: the issuer's keys", () => {
  let clock: Clock;
  let issuer: Issuer;
  let api: Api;
  let second: SigningKey;

  before(async () => {
    second = await makeKey('second');
  });

  beforeEach(async () => {
    clock = FakeTimers.install({ toFake: ['Date'], now: Date.now() });
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
  });

  afterEach(async () => {
    clock.uninstall();
    await api.stop();
    await issuer.stop();
  });

  const ask = async (token?: Promise<string>) =>
    (await api.ask({ token: await (token ?? issuer.token()) })).status;
  const bySecond = () => issuer.token({ key: second, header: { kid: 'second' } });

  it('are fetched once, from <issuer>/jwks, for concurrent requests', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => ask()));
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.equal(await ask(), 200);
    assert.equal(issuer.fetches, 1);
    assert.equal(issuer.lastPath, '/jwks');
  });

  it('are not fetched for a request that is rejected without them', async () => {
    assert.equal((await api.ask()).status, 401);
    assert.equal(await ask(Promise.resolve('abc')), 401);
    assert.equal(await ask(issuer.token({ header: { typ: 'JWT' } })), 401);
    assert.equal(issuer.fetches, 0);
  });

  it('are fetched again for an unknown kid, at most every 30 seconds', async () => {
    assert.equal(await ask(), 200);
    issuer.keys.push(second.publicJwk);
    clock.tick(29 * SECOND);
    assert.equal(await ask(bySecond()), 401);
    assert.equal(issuer.fetches, 1);
    clock.tick(2 * SECOND);
    assert.equal(await ask(bySecond()), 200);
    assert.equal(issuer.fetches, 2);
  });

  it('are fetched once for a flood of unknown kids', async () => {
    assert.equal(await ask(), 200);
    clock.tick(31 * SECOND);
    const flood = Array.from({ length: 50 }, (_, n) =>
      ask(issuer.token({ key: second, header: { kid: `k${n}` } })),
    );
    assert.deepEqual(new Set(await Promise.all(flood)), new Set([401]));
    assert.equal(await ask(bySecond()), 401);
    assert.equal(issuer.fetches, 2);
  });

  it('expire after ten minutes, so that a withdrawn key is rejected', async () => {
    assert.equal(await ask(), 200);
    issuer.keys = [second.publicJwk];
    clock.tick(9 * MINUTE);
    assert.equal(await ask(), 200);
    clock.tick(2 * MINUTE);
    assert.equal(await ask(), 401);
  });

  for (const [name, breakIt] of [
    ['is down', () => issuer.stop()],
    ['responds with an error', () => void (issuer.status = 500)],
    ['redirects', () => void (issuer.status = 302)],
    ['sends invalid JSON', () => void (issuer.body = '<html>')],
    ['sends no key set', () => void (issuer.body = '{"keys":"none"}')],
  ] as const) {
    it(`cause 503 with Retry-After, not 401, when the issuer ${name}`, async () => {
      await breakIt();
      const answers = await Promise.all(
        [issuer.token(), issuer.token()].map(async (token) => api.ask({ token: await token })),
      );
      for (const { status, headers, json, text } of answers) {
        assert.equal(status, 503);
        assert.equal(headers['retry-after'], '1');
        assert.equal(headers['www-authenticate'], undefined);
        assert.equal(json.error, 'temporarily_unavailable');
        assert.ok(!text.includes(issuer.url));
      }
    });
  }

  it('are fetched once a second while the issuer is down, and the API recovers with it', async () => {
    issuer.status = 500;
    assert.equal(await ask(), 503);
    assert.equal(await ask(), 503);
    assert.equal(issuer.fetches, 1);
    issuer.status = 200;
    clock.tick(SECOND);
    assert.equal(await ask(), 200);
    assert.equal(issuer.fetches, 2);
  });

  it('stay in use while the issuer is down; unknown kids then wait 30 seconds', async () => {
    assert.equal(await ask(), 200);
    clock.tick(MINUTE);
    issuer.status = 500;
    const { status, headers } = await api.ask({ token: await bySecond() });
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], '30');
    assert.equal(await ask(bySecond()), 503);
    assert.equal(issuer.fetches, 2);
    assert.equal(await ask(), 200);
  });

  it('can be at another URL', async () => {
    const other = await Api.start({
      issuer: 'https://issuer.example.com',
      audience: issuer.audience,
      jwksUri: `${issuer.url}/other/keys`,
    });
    try {
      const token = await issuer.token({ claims: { iss: 'https://issuer.example.com' } });
      assert.equal((await other.ask({ token })).status, 200);
      assert.equal(issuer.lastPath, '/other/keys');
    } finally {
      await other.stop();
    }
  });
});
