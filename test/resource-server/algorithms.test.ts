import assert from 'node:assert/strict';
import { Api } from './api.ts';
import { Issuer, makeKey, type SigningKey } from './issuer.ts';

describe('resource server: the algorithm of a token (RFC 8725 §3.1)', () => {
  let issuer: Issuer;
  /** Of the issuer, by algorithm. */
  let keys: ReadonlyMap<string, SigningKey>;
  before(async () => {
    issuer = await Issuer.start();
    const others = ['PS256', 'ES256', 'EdDSA'].map(async (alg) => [alg, await makeKey(alg, alg)] as const);
    keys = new Map([['RS256', issuer.key], ...(await Promise.all(others))]);
    issuer.keys = [...keys.values()].map(({ publicJwk }) => publicJwk);
  });
  after(() => issuer.stop());

  const start = (algorithms?: string[]): Promise<Api> =>
    Api.start({ issuer: issuer.url, audience: issuer.audience, ...(algorithms && { algorithms }) });
  const tokenBy = (alg: string, key = keys.get(alg)!): Promise<string> =>
    issuer.token({ key, alg, header: { kid: key.kid } });

  async function accepted(algorithms?: string[]): Promise<string[]> {
    const api = await start(algorithms);
    try {
      const seen: string[] = [];
      for (const alg of keys.keys()) {
        const { status } = await api.ask({ token: await tokenBy(alg) });
        assert.ok(status === 200 || status === 401, String(status));
        if (status === 200) seen.push(alg);
      }
      return seen;
    } finally {
      await api.stop();
    }
  }

  it('is RS256 by default', async () => assert.deepEqual(await accepted(), ['RS256']));

  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    it(`is ${alg} and nothing else when that is configured`, async () => {
      assert.deepEqual(await accepted([alg]), [alg]);
    });
  }

  for (const [alg, published] of [
    ['RS256', 'PS256'],
    ['PS256', 'RS256'],
  ] as const) {
    it(`is not ${alg} with an RSA key that is published for ${published}`, async () => {
      const key = await makeKey('rsa', alg);
      issuer.keys.push({ ...key.publicJwk, alg: published });
      const api = await start([alg]);
      try {
        assert.equal((await api.ask({ token: await tokenBy(alg, key) })).status, 401);
        assert.equal((await api.ask({ token: await tokenBy(alg) })).status, 200);
      } finally {
        issuer.keys.pop();
        await api.stop();
      }
    });
  }

  for (const algorithms of [[], ['none'], ['RS256', 'HS256']]) {
    it(`rejects the configuration of the algorithms ${JSON.stringify(algorithms)}`, async () => {
      await assert.rejects(start(algorithms), TypeError);
    });
  }
});
