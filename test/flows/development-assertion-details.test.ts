import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { AssertingClient } from '../support/client-assertion.ts';
import { withClock } from '../support/clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const MACHINE_GRANT = { grant_type: 'client_credentials', scope: 'messages:read' };

const SECRET = 'a-secret-of-more-than-32-characters';

describe('error details in development, in a client assertion (RFC 7523)', () => {
  let server: TestServer;
  let robot: AssertingClient;
  let legacy: AssertingClient;
  before(async () => {
    robot = await AssertingClient.create('robot');
    legacy = await AssertingClient.create('legacy');
    const machine = {
      grant_types: ['client_credentials'],
      scope: 'messages:read',
      redirect_uris: [],
      response_types: [],
    };
    server = await startTestServer({
      clients: [
        { ...robot.metadata, ...machine },
        { ...legacy.metadata, ...machine, assertion_audience: 'legacy' },
        {
          client_id: 'sharing',
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_jwt',
          ...machine,
        },
      ],
    });
  });
  after(() => server.stop());

  /** @returns `error: error_detail` */
  async function post(path: string, fields: Record<string, string>) {
    const response = await fetch(server.issuer + path, { method: 'POST', body: new URLSearchParams(fields) });
    const { error, error_detail: detail } = (await response.json()) as Record<string, string>;
    return `${error}: ${detail}`;
  }

  const now = () => Math.floor(Date.now() / 1000);
  const cases: [
    what: string,
    claims: () => Record<string, unknown>,
    detail: () => string,
    how?: Parameters<AssertingClient['parameters']>[2],
  ][] = [
    [
      'the audience',
      () => ({ aud: `${server.issuer}/token` }),
      () =>
        `aud is "${server.issuer}/token"; it must be the issuer, "${server.issuer}", and nothing else; if the client cannot be changed, register it with \`assertion_audience: legacy\``,
    ],
    [
      'the audience of another server',
      () => ({ aud: ['https://a.example', 'https://b.example'] }),
      () =>
        `aud is ["https://a.example","https://b.example"]; it must be the issuer, "${server.issuer}", and nothing else`,
    ],
    [
      'the lifetime',
      () => ({ exp: now() + 3600 }),
      () => 'exp is 3600 seconds away, 3300 seconds more than the 300 that are allowed',
    ],
    ['its end', () => ({ exp: now() - 90 }), () => 'exp was 90 seconds ago'],
    [
      'its beginning',
      () => ({ nbf: now() + 11 }),
      () => 'nbf is 11 seconds away, which is more than the 10 that are allowed',
    ],
    [
      'the time of issue',
      () => ({ iat: now() - 4000 }),
      () => 'iat is 4000 seconds ago, which is more than the 300 that are allowed',
    ],
    [
      'the time of issue, ahead',
      () => ({ iat: now() + 11 }),
      () => 'iat is 11 seconds ahead, which is more than the 10 that are allowed',
    ],
    [
      'the issuer',
      () => ({ iss: 'somebody' }),
      () => 'iss is "somebody"; it must be the client_id, as sub is: "robot"',
    ],
    [
      'the signature',
      () => ({}),
      () =>
        'the signature by alg "ES256" and kid "one" fits no registered key; registered: EC with kid "one"',
      { forged: true },
    ],
    [
      'the key',
      () => ({}),
      () => 'no key of the client fits alg "ES256" and kid "two"; registered: EC with kid "one"',
      { header: { kid: 'two' } },
    ],
    ['the type', () => ({}), () => '"typ" is not that of a client assertion', { header: { typ: 'at+jwt' } }],
  ];
  for (const [what, claims, detail, how] of cases) {
    it(what, () =>
      withClock(async () => {
        const parameters = await robot.parameters(server.issuer, claims(), how);
        const seen = await post('/token', { ...MACHINE_GRANT, ...parameters });
        assert.equal(seen, `invalid_client: ${detail()}`);
      }),
    );
  }

  it('the audience of a client that may name endpoints', async () => {
    const { issuer } = server;
    const aud = [issuer, `${issuer}/introspect`];
    const assertion = await legacy.parameters(issuer, { aud });
    assert.equal(
      await post('/revoke', { token: 'x', ...assertion }),
      `invalid_client: aud is ["${issuer}","${issuer}/introspect"]; it must be the issuer, the token endpoint or the endpoint that is called, and nothing else: "${issuer}", "${issuer}/token", "${issuer}/revoke"`,
    );
  });

  it('nothing, within the tolerance of ten seconds', () =>
    withClock(async () => {
      for (const claims of [
        { nbf: now() + 10 },
        { iat: now() + 10, exp: now() + 310 },
        { iat: now() - 310 },
      ]) {
        const parameters = await robot.parameters(server.issuer, claims);
        assert.equal(await post('/token', { ...MACHINE_GRANT, ...parameters }), 'undefined: undefined');
      }
    }));

  it('the algorithm', async () => {
    const parameters = await robot.parameters(server.issuer);
    const [, payload, signature] = String(parameters.client_assertion).split('.');
    parameters.client_assertion = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}.${signature}`;
    assert.equal(
      await post('/token', { ...MACHINE_GRANT, ...parameters }),
      'invalid_client: alg is "HS256"; it must be one of RS256, PS256, ES256, Ed25519, EdDSA',
    );
  });

  it('the algorithm and the secret of client_secret_jwt', async () => {
    const claims = { iss: 'sharing', sub: 'sharing', aud: server.issuer, jti: randomUUID(), exp: now() + 60 };
    const ask = async (alg: string, secret: string) => {
      const jwt = await new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(secret.padEnd(64)));
      return await post('/token', {
        ...MACHINE_GRANT,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: jwt,
      });
    };
    assert.equal(await ask('HS384', SECRET), 'invalid_client: alg is "HS384"; it must be HS256');
    assert.equal(
      await ask('HS256', 'wrong'),
      'invalid_client: the signature by alg "HS256" fits no registered key; registered: 1 of 1 secrets are keys that are valid',
    );
  });

  it('a replayed jti', async () => {
    const parameters = { ...MACHINE_GRANT, ...(await robot.parameters(server.issuer)) };
    assert.equal(await post('/token', parameters), 'undefined: undefined');
    assert.equal(
      await post('/token', parameters),
      'invalid_client: an assertion with this jti was used before; each needs a jti of its own',
    );
  });
});
