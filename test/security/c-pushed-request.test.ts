import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { allowInsecureRequests, authorizationCodeGrant, ClientSecretBasic, discovery } from 'openid-client';
import { authorizationRequest, authorize, basic, signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer, sameAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const TWO = {
  client_id: 'two',
  client_secret: 'two-secret-of-more-than-32-characters',
  redirect_uris: [WEB.redirectUri],
  scope: 'openid',
};

/** A part of a JWT: JSON in base64url. */
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('C: pushed authorization requests, request objects, and mix-up', () => {
  const stage = useStage({ clients: [TWO] });

  async function push(
    parameters: Record<string, string | undefined> = {},
    headers: Record<string, string> = { Authorization: basic(WEB) },
  ): Promise<{ response: Response; requestUri: string }> {
    const { url } = authorizationRequest(stage.issuer, parameters);
    const response = await fetch(`${stage.issuer}/par`, { method: 'POST', headers, body: url.searchParams });
    const { request_uri: requestUri = '' } = (await response.clone().json()) as { request_uri?: string };
    return { response, requestUri };
  }

  const byReference = (requestUri: string, client: string = WEB.id): string =>
    `${stage.issuer}/authorize?${new URLSearchParams({ client_id: client, request_uri: requestUri }).toString()}`;

  row('C10', 'request_uri with a private or unknown address', '0 connections', async () => {
    let connections = 0;
    const listener = createServer().on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const addresses = [
      `http://127.0.0.1:${port}/x`,
      `https://localhost:${port}/x`,
      'file:///etc/passwd',
      'x',
    ];
    await sameAnswer(
      stage,
      addresses.map((address) => ({ request_uri: address })),
      'R(invalid_request_uri)',
    );
    const unknown = ['', '../x', '\0', 'x'.repeat(3000)];
    await sameAnswer(
      stage,
      unknown.map((id) => ({ request_uri: `urn:ietf:params:oauth:request_uri:${id}` })),
      'R(invalid_request_uri)',
    );
    listener.close();
    return `${connections} connections`;
  });

  row('C10', 'an address as long as a form', '400 invalid_request ×3', async () => {
    const address = `http://a${'\u0315'.repeat(3950)}${'\u0316'.repeat(3950)}/`;
    const seen: string[] = [];
    for (const [name, values] of [
      ['redirect_uri', [address]],
      ['resource', [address]],
      ['resource', ['http://localhost:3001', address]],
    ] as const) {
      const form = authorizationRequest(stage.issuer, { [name]: undefined }).url.searchParams;
      for (const value of values) form.append(name, value);
      const headers = {
        Authorization: basic(WEB),
        'Content-Type': 'application/x-www-form-urlencoded',
      };
      // Not percent-encoded, which would be three times as long.
      const body = form.toString().replaceAll(encodeURIComponent(address), address);
      seen.push(await answer(stage, await fetch(`${stage.issuer}/par`, { method: 'POST', headers, body })));
    }
    assert.equal(new Set(seen).size, 1, seen.join());
    return `${seen[0]} ×${seen.length}`;
  });

  row('C11', 'request objects of a client without keys', 'R(invalid_request_object)', async () => {
    const claims = part({ iss: WEB.id, aud: stage.issuer, redirect_uri: 'https://evil.example' });
    const objects = [
      `${part({ alg: 'none' })}.${claims}.`,
      `${part({ alg: 'HS256' })}.${claims}.AAAA`,
      'nonsense',
    ];
    const seen = await sameAnswer(
      stage,
      objects.map((request) => ({ request })),
      'R(invalid_request_object)',
    );
    const pushed = await push({ request: objects[0] });
    assert.equal(await answer(stage, pushed.response), '400 invalid_request_object');
    return seen;
  });

  row(
    'C12',
    'PAR: an unregistered redirect URI, an unauthenticated client, request_uri as parameter',
    '400, 401, 400',
    async () => {
      const seen = [
        await push({ redirect_uri: 'https://evil.example/' }),
        await push({}, {}),
        await push({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
      ].map(({ response, requestUri }) => {
        assert.equal(requestUri, '');
        return response.status;
      });
      return seen.join(', ');
    },
  );

  row('C06', 'PAR: a response mode that is not registered', '400 unsupported_response_mode', async () =>
    answer(stage, (await push({ response_mode: 'fragment' })).response),
  );

  row('C12', 'PAR: parameters beyond their limits', '400 invalid_request', async () => {
    const seen = new Set<string>();
    for (const parameters of [
      { state: 'x'.repeat(2049) },
      { nonce: 'x'.repeat(513) },
      { max_age: '0x10' },
      { login_hint: 'x'.repeat(321) },
    ]) {
      seen.add(await answer(stage, (await push(parameters)).response));
    }
    return [...seen].join();
  });

  row('C12', 'PAR: request_uri of another client', '400 page, not consumed', async () => {
    const { requestUri } = await push();
    const response = await new UserAgent().get(byReference(requestUri, TWO.client_id));
    const back = await authorize(new UserAgent(), {
      ...authorizationRequest(stage.issuer),
      url: new URL(byReference(requestUri)),
    });
    assert.ok(back.searchParams.has('code'));
    return `${await answer(stage, response)}, not consumed`;
  });

  row('C12', 'PAR: parameters beside request_uri', 'ignored', async () => {
    const { requestUri } = await push({ state: 'pushed' });
    const url = new URL(byReference(requestUri));
    const beside = { redirect_uri: 'https://evil.example', scope: 'openid offline_access', state: 'beside' };
    for (const [name, value] of Object.entries(beside)) url.searchParams.set(name, value);
    const agent = new UserAgent();
    const { response } = await agent.follow(url);
    assert.doesNotMatch(await response.text(), /evil\.example/);
    const back = await authorize(new UserAgent(), { ...authorizationRequest(stage.issuer), url });
    assert.equal(back.origin + back.pathname, WEB.redirectUri);
    assert.equal(back.searchParams.get('state'), 'pushed');
    return 'ignored';
  });

  row('C12', 'PAR: one request_uri in ten tabs concurrently', 'one code', async () => {
    const { agent } = await signIn(stage.issuer);
    const { requestUri } = await push();
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => answer(stage, await agent.get(byReference(requestUri)))),
    );
    const codes = answers.filter((seen) => seen === 'R(code)');
    const refused = answers.filter((seen) => seen === 'R(invalid_request_uri)' || seen === '400 page');
    assert.equal(codes.length + refused.length, 10, answers.join());
    return codes.length === 1 ? 'one code' : `${codes.length} codes`;
  });

  row('C18', 'a response of another issuer at a client', 'rejected, and iss in every response', async () => {
    const { host } = new URL(stage.issuer);
    const execute = [allowInsecureRequests];
    const configuration = await discovery(
      new URL(`http://${host}`),
      WEB.id,
      undefined,
      ClientSecretBasic(WEB.secret),
      { execute },
    );
    const request = authorizationRequest(stage.issuer);
    const agent = new UserAgent();
    const back = await authorize(agent, request);
    const checks = {
      expectedState: request.state,
      expectedNonce: request.nonce,
      pkceCodeVerifier: request.verifier,
    };
    for (const iss of ['https://evil.example', `${stage.issuer}/`, undefined]) {
      const replayed = new URL(back);
      if (iss === undefined) replayed.searchParams.delete('iss');
      else replayed.searchParams.set('iss', iss);
      await assert.rejects(authorizationCodeGrant(configuration, replayed, checks), (error) =>
        /iss/.test(inspect(error)),
      );
    }
    assert.ok((await authorizationCodeGrant(configuration, back, checks)).access_token);
    assert.equal(await authorizationAnswer(stage, { scope: 'evil', nonce: undefined }), 'R(invalid_scope)');
    return 'rejected, and iss in every response';
  });
});
