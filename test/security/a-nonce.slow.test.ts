import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  ClientSecretBasic,
  type Configuration,
  discovery,
} from 'openid-client';
import { type AuthorizationRequest, authorizationRequest, authorize, basic, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer, tokenAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const STRICT = { id: 'strict', secret: SECRET };
const PUBLIC = { id: 'public' };
const LAX = { id: 'lax', secret: SECRET };
const NO_CHALLENGE = { code_challenge: undefined, code_challenge_method: undefined };

type Client = { id: string; secret: string };
type Parameters = Record<string, string | undefined>;

/** Clients that send a nonce instead of a code challenge, or neither (RFC 9700 §2.1.1, §4.5.3.2, §4.8). */
describe('A: a nonce instead of PKCE', () => {
  const web = { client_secret: SECRET, redirect_uris: [WEB.redirectUri], scope: 'openid' };
  const stage = useStage({
    clients: [
      { ...web, client_id: STRICT.id, pkce: 'required' },
      { ...web, client_id: LAX.id, pkce: 'optional' },
      { ...web, client_id: 'api-only', scope: 'messages:read' },
      { client_id: PUBLIC.id, redirect_uris: [WEB.redirectUri], token_endpoint_auth_method: 'none' },
    ],
  });
  const agent = new UserAgent();

  /** The request that redeems the code for an authorization request. */
  async function codeFor(request: AuthorizationRequest): Promise<Record<string, string>> {
    const code = (await authorize(agent, request)).searchParams.get('code') ?? '';
    return { grant_type: 'authorization_code', code, redirect_uri: WEB.redirectUri };
  }
  const requestOf = ({ id }: Client, parameters: Parameters = {}): AuthorizationRequest =>
    authorizationRequest(stage.issuer, { client_id: id, scope: 'openid', ...parameters });

  /** Pushes a request. @returns its answer, and the request that the browser sends */
  async function push({ id, secret }: Client, parameters: Parameters) {
    const request = requestOf({ id, secret }, parameters);
    const response = await fetch(`${stage.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic({ id, secret }) },
      body: request.url.searchParams,
    });
    const { request_uri: reference = '' } = (await response.clone().json()) as { request_uri?: string };
    const url = new URL(`${stage.issuer}/authorize`);
    url.search = new URLSearchParams({ client_id: id, request_uri: reference }).toString();
    return { seen: await answer(stage, response), request: { ...request, url } };
  }

  for (const [what, nonce] of [
    ['removed', undefined],
    ['empty', ''],
    ['of spaces', ' '],
    ['of control and format characters', '\0\t\u200B'],
  ] as const) {
    row('A16', `nonce ${what}, no challenge`, 'R(invalid_request), 400 invalid_request pushed', async () => {
      const parameters = { ...NO_CHALLENGE, nonce };
      const { seen } = await push(WEB, parameters);
      return `${await authorizationAnswer(stage, parameters)}, ${seen} pushed`;
    });
  }
  row('A16', 'nonce sent twice, no challenge', 'R(invalid_request)', () =>
    authorizationAnswer(stage, { ...NO_CHALLENGE, nonce: ['a', 'b'] }),
  );
  row(
    'A16',
    'nonce of a client that must use PKCE',
    'R(invalid_request), 400 invalid_request pushed',
    async () => {
      const parameters = { ...NO_CHALLENGE, client_id: STRICT.id, scope: 'openid' };
      const { seen } = await push(STRICT, NO_CHALLENGE);
      return `${await authorizationAnswer(stage, parameters)}, ${seen} pushed`;
    },
  );
  row('A16', 'a public client with a nonce, with neither', 'R(invalid_request) ×2', async () => {
    const parameters = { ...NO_CHALLENGE, client_id: PUBLIC.id, scope: 'openid' };
    const seen = await authorizationAnswer(stage, parameters);
    assert.equal(await authorizationAnswer(stage, { ...parameters, nonce: undefined }), seen);
    return `${seen} ×2`;
  });
  row('A16', 'nonce without openid', 'R(invalid_request)', () =>
    authorizationAnswer(stage, { ...NO_CHALLENGE, scope: 'messages:read' }),
  );
  // The engine's check of PKCE comes first.
  row('A16', 'nonce with openid that the client may not have', 'R(invalid_request)', () =>
    authorizationAnswer(stage, { ...NO_CHALLENGE, client_id: 'api-only', scope: 'openid messages:read' }),
  );
  row('A16', 'nonce of the request, through sign-in and consent', 'in the ID token', async () => {
    const request = authorizationRequest(stage.issuer, NO_CHALLENGE);
    const fields = await codeFor(request);
    const response = await fetch(`${stage.issuer}/token`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams(fields),
    });
    const { id_token: idToken } = (await response.json()) as { id_token: string };
    return decodeJwt(idToken).nonce === request.nonce ? 'in the ID token' : 'missing';
  });

  // The attacker changes the address in the browser, and sends the code to the client or uses it there (RFC 9700 §4.8.1).
  for (const client of [WEB, LAX]) {
    row(
      'A17',
      `${client.id}: challenge removed on the way, the client sends its verifier`,
      '400 invalid_grant',
      async () => {
        const request = requestOf(client, NO_CHALLENGE);
        const fields = await codeFor(request);
        return await tokenAnswer(stage, { ...fields, code_verifier: request.verifier }, client);
      },
    );
    row(
      'A17',
      `${client.id}: challenge added on the way, the client sends no verifier`,
      '400 invalid_grant, also empty',
      async () => {
        const seen = await tokenAnswer(stage, await codeFor(requestOf(client)), client);
        const empty = { ...(await codeFor(requestOf(client))), code_verifier: '' };
        assert.equal(await tokenAnswer(stage, empty, client), seen);
        return `${seen}, also empty`;
      },
    );
    row(
      'A17',
      `${client.id}: the same of pushed requests`,
      '400 invalid_grant, 400 invalid_grant, 200 for its own',
      async () => {
        const without = await push(client, NO_CHALLENGE);
        const code = await codeFor(without.request);
        const withVerifier = { ...code, code_verifier: without.request.verifier };
        const removed = await tokenAnswer(stage, withVerifier, client);
        const challenged = await push(client, {});
        const added = await tokenAnswer(stage, await codeFor(challenged.request), client);
        return `${removed}, ${added}, ${await tokenAnswer(stage, code, client)} for its own`;
      },
    );
  }
  row('A17', 'challenge beside a pushed request without one', 'ignored, 400 invalid_grant', async () => {
    const { request } = await push(WEB, NO_CHALLENGE);
    const { verifier, url } = authorizationRequest(stage.issuer);
    for (const name of ['code_challenge', 'code_challenge_method'])
      request.url.searchParams.set(name, url.searchParams.get(name) ?? '');
    const code = await codeFor(request);
    const seen = await tokenAnswer(stage, { ...code, code_verifier: verifier });
    assert.equal(await tokenAnswer(stage, code), '200');
    return `ignored, ${seen}`;
  });

  // The attacker has a code of the person, and sends it to the client in a sign-in of their own (RFC 9700 §4.5.1).
  row(
    'A18',
    'a stolen code in another sign-in of a client that sends a nonce',
    'rejected by the client',
    async () => {
      const execute = [allowInsecureRequests];
      const configuration: Configuration = await discovery(
        new URL(stage.issuer),
        WEB.id,
        undefined,
        ClientSecretBasic(WEB.secret),
        { execute },
      );
      const stolen = await authorize(new UserAgent(), authorizationRequest(stage.issuer, NO_CHALLENGE));
      const own = authorizationRequest(stage.issuer, NO_CHALLENGE);
      const injected = new URL(stolen);
      injected.searchParams.set('state', own.state);
      const checks = { expectedState: own.state, expectedNonce: own.nonce };
      await assert.rejects(authorizationCodeGrant(configuration, injected, checks), (error) =>
        /nonce/.test(inspect(error)),
      );
      const back = await authorize(new UserAgent(), own);
      assert.ok((await authorizationCodeGrant(configuration, back, checks)).id_token);
      return 'rejected by the client';
    },
  );
  row(
    'A18',
    'a stolen code with a challenge, in a sign-in with a nonce, and the reverse',
    '400 invalid_grant',
    async () => {
      const challenged = authorizationRequest(stage.issuer);
      const plain = authorizationRequest(stage.issuer, NO_CHALLENGE);
      const seen = [
        await tokenAnswer(stage, await codeFor(challenged)),
        await tokenAnswer(stage, { ...(await codeFor(plain)), code_verifier: challenged.verifier }),
      ];
      assert.equal(new Set(seen).size, 1, seen.join());
      return seen.at(0) ?? '';
    },
  );
});
