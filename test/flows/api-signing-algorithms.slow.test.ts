import assert from 'node:assert/strict';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/config/signing-algorithms.ts';
import { Api } from '../resource-server/api.ts';
import { basic, signIn, token } from '../support/flow.ts';
import { signAsServer } from '../support/own-keys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const MACHINE = { id: 'machine', secret: SECRET };
const APP = { id: 'app', secret: SECRET, redirectUri: 'http://localhost:3002/callback' };

/** The scopes of the sample API, at another address for each algorithm. */
const audienceOf = (alg: SigningAlgorithm) => `https://${alg.toLowerCase()}.example`;
const scopeOf = (alg: SigningAlgorithm) => `${alg}:read`;

describe('Access tokens by the algorithm of their API (RFC 9068 §4, RFC 8725 §3.1)', () => {
  let server: TestServer;
  before(async () => {
    const scope = SIGNING_ALGORITHMS.map(scopeOf).join(' ');
    server = await startTestServer({
      signingAlgorithms: [...SIGNING_ALGORITHMS],
      apis: SIGNING_ALGORITHMS.map((alg) => ({
        audience: audienceOf(alg),
        name: alg,
        scopes: { [scopeOf(alg)]: 'Read' },
        // RS256 is the default.
        ...(alg !== 'RS256' && { signingAlgorithm: alg }),
      })),
      clients: [
        { client_id: MACHINE.id, client_secret: SECRET, grant_types: ['client_credentials'], scope },
        {
          client_id: APP.id,
          client_secret: SECRET,
          redirect_uris: [APP.redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: `openid ${scope}`,
          first_party: true,
        },
      ],
    });
  });
  after(() => server.stop());

  const issue = async (alg: SigningAlgorithm, parameters: Record<string, string> = {}): Promise<string> => {
    const all = { grant_type: 'client_credentials', scope: scopeOf(alg), ...parameters };
    return (await token(server.issuer, all, MACHINE)).body.access_token;
  };
  const post = (path: string, jwt: string) =>
    fetch(server.issuer + path, {
      method: 'POST',
      headers: { Authorization: basic(MACHINE) },
      body: new URLSearchParams({ token: jwt }),
    });
  const isActive = async (jwt: string): Promise<boolean> =>
    ((await (await post('/introspect', jwt)).json()) as { active: boolean }).active;

  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}: at every grant, in front of the engine and by it`, async () => {
      const scope = `openid ${scopeOf(alg)}`;
      const { tokens } = await signIn(server.issuer, { client: APP, parameters: { scope } });
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const { body: refreshed } = await token(server.issuer, refresh, APP);
      const issued = [
        await issue(alg),
        await issue(alg, { 'unknown-parameter': '1' }),
        tokens.access_token,
        refreshed.access_token,
      ];
      const keys = createRemoteJWKSet(new URL('/jwks', server.issuer));
      for (const each of issued) {
        const options = {
          issuer: server.issuer,
          audience: audienceOf(alg),
          algorithms: [alg],
          typ: 'at+jwt',
        };
        await jwtVerify(each, keys, options);
      }
    });

    it(`${alg}: active at introspection, and inactive after a revocation`, async () => {
      const jwt = await issue(alg);
      assert.equal(await isActive(jwt), true);
      assert.equal((await post('/revoke', jwt)).status, 200);
      assert.equal(await isActive(jwt), false);
    });

    it(`${alg}: accepted by an API that expects it, and by no other`, async () => {
      const jwt = await issue(alg);
      const accepting: string[] = [];
      for (const expected of SIGNING_ALGORITHMS) {
        const api = await Api.start({
          issuer: server.issuer,
          audience: audienceOf(alg),
          algorithms: [expected],
        });
        // It lacks the scope of the sample API.
        if ((await api.ask({ token: jwt })).status === 403) accepting.push(expected);
        await api.stop();
      }
      assert.deepEqual(accepting, [alg]);
    });

    it(`${alg}: with the signature of another key of the server, inactive and not revocable`, async () => {
      const jwt = await issue(alg);
      const claims = decodeJwt(jwt);
      const own = await signAsServer(server, alg, claims);
      assert.deepEqual(decodeProtectedHeader(own), decodeProtectedHeader(jwt));
      assert.equal(await isActive(own), true);
      for (const other of SIGNING_ALGORITHMS.filter((each) => each !== alg)) {
        const forged = await signAsServer(server, other, claims);
        assert.equal(await isActive(forged), false, other);
        assert.equal((await post('/revoke', forged)).status, 200);
      }
      assert.equal(await isActive(jwt), true);
    });
  }
});
