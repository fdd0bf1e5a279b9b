import assert from 'node:assert/strict';
import {
  type AuthorizationResponse,
  readAuthorizationResponse,
  responseAt,
} from '../support/authorization-response.ts';
import { authorizationRequest, authorize, basic, redeem, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, sameAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const client = (id: string, response_types: string[], more: object = {}) => ({
  client_id: id,
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  grant_types: [
    ...(response_types.some((type) => type.includes('code')) ? ['authorization_code'] : []),
    'implicit',
  ],
  response_types,
  first_party: true,
  scope: 'openid email',
  ...more,
});
const ALL = ['id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'];
const BY_FORM = { id: 'by-form', secret: SECRET, redirectUri: WEB.redirectUri };

describe('C: tokens of the front channel', () => {
  const stage = useStage({
    clients: [
      client('narrow', ['code id_token']),
      client('wide', ['code', ...ALL]),
      client(BY_FORM.id, ['code token', 'id_token'], { response_modes: ['form_post'] }),
    ],
  });

  let agent: UserAgent;
  before(async function () {
    this.timeout(30_000);
    agent = new UserAgent();
    await authorize(agent, authorizationRequest(stage.issuer, { client_id: 'wide', response_type: 'code' }));
  });

  /** A request of a browser that is signed in. */
  async function respond(parameters: Record<string, string | undefined>) {
    const request = authorizationRequest(stage.issuer, { scope: 'openid email', ...parameters });
    return { request, ...(await readAuthorizationResponse(await agent.get(request.url))) };
  }
  const tokensIn = ({ parameters }: AuthorizationResponse): string[] =>
    ['access_token', 'id_token', 'code'].filter((name) => name in parameters);

  row('C04', 'response types of others, on a code client', 'R(unsupported_response_type)', () =>
    sameAnswer(
      stage,
      [
        'token code',
        'token id_token code',
        'code code id_token',
        'code  id_token',
        'code\tid_token',
        ' id_token',
      ]
        .concat(['id_token ', 'Code', 'code,id_token', 'code id_token none', '__proto__', 'constructor'])
        .map((type) => ({ response_type: type })),
      'R(unsupported_response_type)',
    ),
  );

  row(
    'C04',
    'response types beside the registered one',
    'unsupported_response_type ×7, no token',
    async () => {
      const seen: string[] = [];
      for (const type of ['code', 'token', 'none', ...ALL.filter((each) => each !== 'code id_token')]) {
        const got = await respond({ client_id: 'narrow', response_type: type });
        assert.deepEqual(tokensIn(got), [], type);
        assert.match(got.parameters.error_description ?? '', /must be one of .*: code id_token$/);
        seen.push(got.parameters.error ?? '');
      }
      return `${new Set(seen).size === 1 ? seen[0] : seen.join()} ×${seen.length}, no token`;
    },
  );

  row('C04', 'a pushed request for tokens, on a code client', '400 unsupported_response_type', async () => {
    const { url } = authorizationRequest(stage.issuer, { response_type: 'code id_token token' });
    const headers = { Authorization: basic(WEB) };
    const options = { method: 'POST', headers, body: url.searchParams };
    return await answer(stage, await fetch(`${stage.issuer}/par`, options));
  });

  row(
    'C04',
    'a response type that the client loses during the sign-in',
    'unsupported, no token',
    async () => {
      const { operator } = stage;
      await operator.clients.add({ ...client('loses', ['code id_token']), first_party: true }, {});
      const request = authorizationRequest(stage.issuer, {
        client_id: 'loses',
        response_type: 'code id_token',
        scope: 'openid',
      });
      const browser = new UserAgent();
      const page = await browser.follow(request.url);
      const html = await page.response.text();
      const change = { grant_types: ['authorization_code'], response_types: ['code'] };
      await operator.clients.update('loses', () => change);
      await stage.advance(2);
      const person = { login: 'alice', password: 'wonderland-tea-party' };
      const { url } = await browser.submit({ url: page.url, html }, person);
      const got = responseAt(url);
      assert.deepEqual(tokensIn(got), []);
      assert.equal(got.parameters.error, 'unsupported_response_type');
      return 'unsupported, no token';
    },
  );

  row('C06', 'tokens in the query', 'invalid_request in the fragment ×5', async () => {
    const seen = new Set<string>();
    for (const type of ALL) {
      const got = await respond({ client_id: 'wide', response_type: type, response_mode: 'query' });
      assert.deepEqual(tokensIn(got), []);
      seen.add(`${got.parameters.error} in the ${got.mode} ×${ALL.length}`);
    }
    return [...seen].join();
  });

  row('C06', 'tokens in another mode than the registered form', 'unsupported_response_mode ×5', async () => {
    const seen: string[] = [];
    for (const [type, mode] of [
      ['id_token', undefined],
      ['id_token', 'fragment'],
      ['id_token', 'query'],
      ['code token', 'fragment'],
      ['code token', 'web_message'],
    ] as const) {
      const got = await respond({ client_id: BY_FORM.id, response_type: type, response_mode: mode });
      assert.deepEqual(tokensIn(got), []);
      seen.push(got.parameters.error ?? '');
    }
    const got = await respond({
      client_id: BY_FORM.id,
      response_type: 'id_token',
      response_mode: 'form_post',
    });
    assert.deepEqual([got.mode, tokensIn(got)], ['form_post', ['id_token']]);
    return `${[...new Set(seen)].join()} ×${seen.length}`;
  });

  row('C19', 'an ID token without a nonce', 'invalid_request, no token', async () => {
    for (const type of ALL.filter((each) => each.includes('id_token'))) {
      for (const nonce of [undefined, '']) {
        const got = await respond({ client_id: 'wide', response_type: type, nonce });
        assert.deepEqual([got.parameters.error, tokensIn(got)], ['invalid_request', []], type);
      }
    }
    return 'invalid_request, no token';
  });

  row('C19', 'an ID token without the scope openid', 'invalid_request, no token', async () => {
    const got = await respond({ client_id: 'wide', response_type: 'code id_token', scope: 'email' });
    assert.deepEqual(tokensIn(got), []);
    return `${got.parameters.error}, no token`;
  });

  row('C37', 'a code of a hybrid response twice', 'the access token beside it: 200, then 401', async () => {
    const got = await respond({
      client_id: BY_FORM.id,
      response_type: 'code token',
      response_mode: 'form_post',
    });
    const { code = '', access_token: token } = got.parameters;
    const status = async () =>
      (await fetch(`${stage.issuer}/userinfo`, { headers: { Authorization: `Bearer ${token}` } })).status;
    const seen = [await status()];
    for (const expected of [200, 400]) {
      const { response } = await redeem(stage.issuer, code, got.request, BY_FORM);
      assert.equal(response.status, expected);
    }
    seen.push(await status());
    return `the access token beside it: ${seen.join(', then ')}`;
  });
});
