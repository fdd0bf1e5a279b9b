import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { burst } from '../support/burst.ts';
import { LONG } from '../support/long-form.ts';
import { answer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 20 : 2;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const keys = await generateKeyPair('ES256');
const publicKey = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
const now = () => Math.floor(Date.now() / 1000);

describe('E: client assertions, DPoP', () => {
  const stage = useStage({
    clients: [
      {
        client_id: 'assertion',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicKey] },
        grant_types: ['client_credentials'],
        scope: 'messages:read',
      },
      {
        client_id: 'legacy',
        assertion_audience: 'legacy',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicKey] },
        grant_types: ['client_credentials'],
        scope: 'messages:read',
      },
    ],
  });

  /** The same client, but for the audience of its assertions. */
  const LEGACY = 'legacy';

  async function assertion(
    claims: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    key = keys.privateKey,
  ): Promise<string> {
    const jti = randomUUID();
    const all = { iss: 'assertion', sub: 'assertion', aud: stage.issuer, jti, iat: now(), exp: now() + 60 };
    return await new SignJWT({ ...all, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key);
  }
  /** A valid assertion with another header, also one that no library would sign. */
  const withHeader = (header: object): Promise<string> =>
    rewritten((_, index) =>
      index === 0 ? JSON.stringify({ alg: 'ES256', kid: 'one', ...header }) : undefined,
    );
  /** A valid assertion with header and claims in the given spelling. */
  async function rewritten(write: (text: string, index: number) => string | undefined): Promise<string> {
    const parts = (await assertion()).split('.').slice(0, 2);
    const texts = parts.map((part) => Buffer.from(part, 'base64url').toString());
    const input = texts
      .map((text, index) => Buffer.from(write(text, index) ?? text).toString('base64url'))
      .join('.');
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(algorithm, keys.privateKey, Buffer.from(input));
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  }
  const body = (clientAssertion: string) =>
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion: clientAssertion,
      client_assertion_type: ASSERTION_TYPE,
    });
  const ask = async (clientAssertion: string, path = '/token') =>
    await answer(stage, await fetch(stage.issuer + path, { method: 'POST', body: body(clientAssertion) }));

  row('E11', 'an assertion sent again, also at another endpoint', '200, 401 invalid_client ×3', async () => {
    const used = await assertion();
    const seen = [await ask(used), await ask(used), await ask(used, '/introspect'), await ask(used, '/par')];
    assert.equal(new Set(seen.slice(1)).size, 1, seen.join());
    return `${seen[0]}, ${seen[1]} ×3`;
  });
  row(
    'E11',
    'an assertion sent again, with another encoding of the signature',
    '401 invalid_client',
    async () => {
      const used = await assertion();
      assert.equal(await ask(used), '200');
      return await ask(`${used}=`);
    },
  );
  row('E11', 'an assertion signed without a library', '200', async () => ask(await withHeader({})));
  row('E22', 'an assertion with spaces in its JSON', '200', async () =>
    ask(await rewritten((text) => JSON.stringify(JSON.parse(text), null, 2))),
  );
  row(
    'E12',
    'two assertions with one jti, at two endpoints',
    'one accepted, 401 invalid_client',
    async () => {
      const jti = randomUUID();
      const seen = await Promise.all([
        ask(await assertion({ jti })),
        ask(await assertion({ jti, exp: now() + 50 }), '/introspect'),
      ]);
      const refused = seen.filter((each) => each === '401 invalid_client');
      assert.equal(refused.length, 1, seen.join());
      return `one accepted, ${refused[0]}`;
    },
  );
  row('E12', 'fifty concurrent requests with one assertion', 'exactly one 200, <n> rounds', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const request = { path: '/token', host: stage.host, headers: {} };
      const made = { ...request, body: body(await assertion()).toString() };
      const answers = await burst([stage.server.port], made, 50);
      assert.equal(answers.filter(({ status }) => status === 200).length, 1);
      assert.equal(answers.filter(({ status }) => status === 401).length, 49);
    }
    return `exactly one 200, ${ROUNDS} rounds`;
  }).timeout(ROUNDS * 10_000);

  const bad: Record<string, [id: string, () => Promise<string>]> = {
    'aud is the token endpoint': ['E14', () => assertion({ aud: `${stage.issuer}/token` })],
    'aud is a list with another': ['E14', () => assertion({ aud: [stage.issuer, 'https://b.example'] })],
    'aud is a list': ['E14', () => assertion({ aud: [stage.issuer] })],
    'aud with a slash': ['E14', () => assertion({ aud: `${stage.issuer}/` })],
    'exp in ten years': ['E15', () => assertion({ exp: now() + 315_360_000 })],
    'exp in six minutes': ['E15', () => assertion({ exp: now() + 360 })],
    'exp 1e300': ['E15', () => assertion({ exp: 1e300 })],
    'exp as a fraction': ['E15', () => assertion({ exp: now() + 60.5 })],
    'no exp': ['E15', () => assertion({ exp: undefined })],
    'exp past': ['E15', () => assertion({ exp: now() - 10 })],
    'nbf in an hour': ['E15', () => assertion({ nbf: now() + 3600 })],
    'nbf in 61 seconds': ['E15', () => assertion({ nbf: now() + 61 })],
    'nbf in 15 seconds': ['E15', () => assertion({ nbf: now() + 15 })],
    'iat in an hour': ['E15', () => assertion({ iat: now() + 3600 })],
    'iat in 61 seconds': ['E15', () => assertion({ iat: now() + 61 })],
    'iat in 15 seconds': ['E15', () => assertion({ iat: now() + 15 })],
    'iat 1e300': ['E15', () => assertion({ iat: 1e300 })],
    'made long ago, for now': ['E15', () => assertion({ iat: now() - 320 })],
    'no jti': ['E11', () => assertion({ jti: undefined })],
    'an empty jti': ['E11', () => assertion({ jti: '' })],
    'another iss': ['E11', () => assertion({ iss: 'demo-machine' })],
    'another sub': ['E11', () => assertion({ sub: 'demo-machine' })],
    "somebody else's key": [
      'E11',
      async () => assertion({}, {}, (await generateKeyPair('ES256')).privateKey),
    ],
    'crit and b64: true': ['E11', () => withHeader({ b64: true, crit: ['b64'] })],
    'crit and b64: false': ['E11', () => withHeader({ b64: false, crit: ['b64'] })],
    'b64: false': ['E11', () => withHeader({ b64: false })],
    'a key in the header': ['E11', () => assertion({}, { jwk: publicKey })],
    'jku in the header': ['E11', () => assertion({}, { jku: 'https://evil.example/jwks' })],
    'sub is an object': ['E11', () => assertion({ sub: { a: 1 } })],
    'a header member twice': [
      'E22',
      () => rewritten((text, index) => (index === 0 ? text.replace('{', '{"kid":"two",') : text)),
    ],
    'a claim twice': [
      'E22',
      () => rewritten((text, index) => (index === 1 ? text.replace('{', '{"sub":"demo-machine",') : text)),
    ],
    'a byte order mark': ['E22', () => rewritten((text, index) => (index === 1 ? `\uFEFF${text}` : text))],
    'half a surrogate pair': [
      'E22',
      () => rewritten((text, index) => (index === 1 ? text.replace('{', String.raw`{"x":"\ud800",`) : text)),
    ],
    'typ at+jwt': ['E11', () => assertion({}, { typ: 'at+jwt' })],
  };
  for (const [what, [id, make]] of Object.entries(bad)) {
    row(id, what, '401 invalid_client', async () => await ask(await make()));
  }
  for (const name of ['nbf', 'iat']) {
    row('E15', `${name} in 8 seconds, by a clock that is ahead`, '200', async () =>
      ask(await assertion({ [name]: now() + 8, exp: now() + 308 })),
    );
  }

  const legacy = (aud: unknown) => assertion({ iss: LEGACY, sub: LEGACY, aud });
  row(
    'E24',
    'a legacy client: issuer, token endpoint, called endpoint, a list of them',
    'accepted',
    async () => {
      const { issuer } = stage;
      const lists = [issuer, `${issuer}/token`, [issuer], [issuer, `${issuer}/token`]];
      for (const aud of lists) assert.equal(await ask(await legacy(aud)), '200', String(aud));
      for (const path of ['/introspect', '/revoke', '/par']) {
        for (const aud of [...lists, issuer + path, [issuer + path]]) {
          assert.equal(await ask(await legacy(aud), path), '400 invalid_request', `${path} ${String(aud)}`);
        }
      }
      return 'accepted';
    },
  );
  const foreign: Record<string, (issuer: string) => unknown> = {
    'another server': () => 'https://b.example',
    'a list with another server': (issuer) => [`${issuer}/token`, 'https://b.example'],
    'an empty list': () => [],
    'an endpoint that is not called': (issuer) => `${issuer}/introspect`,
    'a list with an endpoint that is not called': (issuer) => [issuer, `${issuer}/revoke`],
    'the token endpoint with a slash, a query, in capitals': (issuer) => [
      `${issuer}/token/`,
      `${issuer}/token?x`,
      `${issuer}/Token`,
    ],
    'the token endpoint of another host': (issuer) => `${issuer.replace('localhost', '127.0.0.1')}/token`,
    'a part of the issuer': (issuer) => issuer.slice(0, -1),
    'an object': (issuer) => ({ [issuer]: issuer }),
    'a list in a list': (issuer) => [[issuer]],
  };
  for (const [what, of] of Object.entries(foreign)) {
    row('E24', `a legacy client: ${what}`, '401 invalid_client', async () =>
      ask(await legacy(of(stage.issuer))),
    );
  }
  row('E24', 'a legacy client: one assertion at two endpoints', '200, 401 invalid_client', async () => {
    const used = await legacy(`${stage.issuer}/token`);
    return `${await ask(used)}, ${await ask(used, '/introspect')}`;
  });
  row(
    'E24',
    'a legacy client: the token endpoint by the Host of the request',
    '401 invalid_client',
    async () => {
      const evil = await legacy('https://evil.example/token');
      const headers = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' };
      const response = await fetch(`${stage.issuer}/token`, { method: 'POST', headers, body: body(evil) });
      return await answer(stage, response);
    },
  );

  for (const type of ['', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer']) {
    row('E11', `client_assertion_type "${type}"`, '400 invalid_request', async () => {
      const fields = body(await assertion());
      fields.set('client_assertion_type', type);
      return await answer(stage, await fetch(`${stage.issuer}/token`, { method: 'POST', body: fields }));
    });
  }

  row('E16', 'DPoP (E16–E20)', 'not offered', async () => {
    const discovery = (await (
      await fetch(`${stage.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    return discovery.dpop_signing_alg_values_supported === undefined ? 'not offered' : 'offered';
  });
});
