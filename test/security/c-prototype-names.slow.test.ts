import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import type { ClientRecord } from '../../src/store/store.ts';
import { authorizationRequest, authorize, basic, signIn, token, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer, tokenAnswer } from './support/answer.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const BEFORE = Object.getOwnPropertyNames(Object.prototype);
const NAMES = [...BEFORE, 'prototype'];

/** A client as an earlier version may have stored it. */
const stored = (id: string): ClientRecord => ({
  id,
  instance: `instance of ${id}`,
  metadata: {
    redirect_uris: [WEB.redirectUri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: 'openid profile email',
  },
  secrets: [],
  source: 'added',
  createdAt: 1_800_000_000,
  updatedAt: 1_800_000_000,
});

describe('C: names of members of Object.prototype', () => {
  const stage = useStage({ clients: [] });
  before(async () => {
    for (const name of NAMES) await stage.store.clients.create(stored(name));
  });
  // On SQLite the server is in this process.
  afterEach(() => assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), BEFORE));
  after(() => {
    for (const name of Object.getOwnPropertyNames(Object.prototype))
      if (!BEFORE.includes(name)) Reflect.deleteProperty(Object.prototype, name);
  });

  /** @returns the common result of all names, and whether every worker still answers */
  async function each(ask: (name: string) => Promise<string>): Promise<string> {
    const seen = new Set<string>();
    for (const name of NAMES) seen.add(await ask(name));
    return [...seen, ...(await alive())].join(', ');
  }
  async function alive(): Promise<Set<string>> {
    const paths = ['/jwks', '/.well-known/openid-configuration', '/jwks', '/jwks', '/jwks'];
    const statuses = paths.map(async (path) => (await fetch(`${stage.issuer}${path}`)).status);
    return new Set((await Promise.all(statuses)).map((status) => `then ${status}`));
  }

  row('C25', 'client_id of a client that an earlier version stored', '400 page, then 200', () =>
    each(async (client_id) => await authorizationAnswer(stage, { client_id })),
  );
  row('C25', 'client_id at /token', '401 invalid_client, then 200', () =>
    each(async (id) => await tokenAnswer(stage, { grant_type: 'authorization_code' }, { id, secret: 'x' })),
  );
  row('C25', 'client_id at sign-out', '400 invalid_client, then 200', () =>
    each(async (client_id) => {
      const query = new URLSearchParams({ client_id, post_logout_redirect_uri: WEB.redirectUri });
      return await answer(stage, await fetch(`${stage.issuer}/logout?${query.toString()}`));
    }),
  );
  row(
    'C25',
    'a session with an authorization of such a client',
    'R(code), signed out, then 200',
    async () => {
      const { agent } = await signIn(stage.issuer);
      const id = agent.cookie('signet_session')?.value as string;
      const session = await stage.store.artifacts.find('Session', id);
      assert.ok(session !== undefined);
      // From JSON: `__proto__` is an own member.
      const authorizations: unknown = JSON.parse(
        JSON.stringify(session.authorizations).replace(
          '{',
          `{${NAMES.map((name) => `"${name}":{"sid":"planted","grantId":"planted"}`).join()},`,
        ),
      );
      await stage.store.artifacts.upsert('Session', id, {
        payload: { ...session, authorizations },
        expiresAt: Number(session.exp),
        accountId: session.accountId as string,
        uid: session.uid as string,
      });
      const seen = await authorizationAnswer(stage, {}, agent);
      const page = await agent.get(`${stage.issuer}/logout`);
      const html = await page.text();
      const { response } = await agent.submit({ url: new URL(page.url), html }, { logout: 'yes' });
      assert.equal(response.status, 200);
      const silent = await authorizationAnswer(stage, { prompt: 'none' }, agent);
      assert.equal(silent, 'R(login_required)');
      return [seen, 'signed out', ...(await alive())].join(', ');
    },
  );

  const parameters: Record<string, string> = {
    scope: 'R(invalid_request)',
    response_type: 'R(unsupported_response_type)',
    response_mode: 'R(unsupported_response_mode)',
    prompt: 'R(invalid_request)',
    code_challenge_method: 'R(invalid_request)',
    resource: 'R(invalid_target)',
    acr_values: '303 /interaction',
    claims: 'R(invalid_request)',
    login_hint: '303 /interaction',
    ui_locales: '303 /interaction',
    state: '303 /interaction',
  };
  for (const [parameter, expected] of Object.entries(parameters)) {
    row('C25', `as value of ${parameter}`, `${expected}, then 200`, () =>
      each(async (name) => await authorizationAnswer(stage, { [parameter]: name })),
    );
  }
  row('C25', 'as name of a parameter', '303 /interaction, then 200', () =>
    each(async (name) => {
      const { url } = authorizationRequest(stage.issuer);
      return await answer(stage, await new UserAgent().get(`${url.href}&${name}=1&${name}[x]=1`));
    }),
  );
  row('C25', 'as name of a form field', '400 invalid_grant, then 200', () =>
    each(async (name) => {
      const fields = { grant_type: 'authorization_code', code: 'x', redirect_uri: WEB.redirectUri };
      return await tokenAnswer(stage, JSON.parse(`${JSON.stringify(fields).slice(0, -1)},"${name}":"1"}`));
    }),
  );
  for (const path of ['/introspect', '/revoke']) {
    row('C25', `as token and token_type_hint at ${path}`, '200, then 200', () =>
      each(async (name) => {
        const body = new URLSearchParams({ token: name, token_type_hint: name });
        const headers = { Authorization: basic(WEB) };
        return await answer(stage, await fetch(`${stage.issuer}${path}`, { method: 'POST', headers, body }));
      }),
    );
  }
  row('C25', 'as a header and as a cookie', '200, then 200', () =>
    each(async (name) => {
      const { status } = await requestRaw(stage, 'GET / HTTP/1.1', {
        [name]: 'x',
        Cookie: `${name}=x; ${name}.sig=x`,
      });
      return String(status);
    }),
  );
  row('C25', 'as a username and a field of the sign-in form', '400 page, then 200', () =>
    each(async (name) => {
      const agent = new UserAgent();
      const { response, url } = await agent.follow(authorizationRequest(stage.issuer).url);
      const form = formOf(await response.text());
      const fields = { ...form.fields, login: name, password: 'x' };
      const sent = new URLSearchParams([...Object.entries(fields), [name, 'x']]);
      return await answer(stage, await agent.post(new URL(form.action, url), sent));
    }),
  );
  row('C25', 'as the username of an account', 'R(code)', async () => {
    for (const username of ['__proto__', 'constructor']) {
      const { password } = DEMO_ACCOUNT;
      await stage.operator.accounts.add({ username, password, claims: {} });
      const callback = await authorize(new UserAgent(), authorizationRequest(stage.issuer), {
        username,
        password,
      });
      assert.ok(callback.searchParams.has('code'), callback.href);
    }
    const { agent: _agent, tokens } = await signIn(stage.issuer);
    assert.ok(tokens.id_token !== undefined);
    assert.equal(
      (await token(stage.issuer, { grant_type: '__proto__' })).body.error,
      'unsupported_grant_type',
    );
    return 'R(code)';
  });
});
