import assert from 'node:assert/strict';
import { API, basic, MACHINE, signIn, token, WEB } from '../support/flow.ts';
import { ALL, app, introspect, LEDGER, machine, setScope } from './support/apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const INACTIVE = '{"active":false}';
const DEMO_API_CLIENT = { id: 'demo-api', secret: 'demo-api-secret' };

type Credentials = { id: string; secret: string };

describe('F: who may introspect and revoke a token', () => {
  const stage = useStage(ALL);
  const tokenOf = async (client: Credentials, parameters: Record<string, string> = {}) =>
    (await token(stage.issuer, { grant_type: 'client_credentials', ...parameters }, client)).body
      .access_token;
  const told = async (value: string, client: Credentials) =>
    (await introspect(stage, value, client))
      .text()
      .then((body) => (body === INACTIVE ? 'inactive' : 'active'));
  const revoke = async (value: string, client: Credentials) => {
    const response = await fetch(`${stage.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: new URLSearchParams({ token: value }),
    });
    return { status: response.status, body: await response.text() };
  };

  row('F17', 'a JWT for an API', 'its client and introspectionClients', async () => {
    const orders = await tokenOf(machine('orders'));
    const person = await signIn(stage.issuer, {
      client: app('orders-app'),
      parameters: { scope: 'openid orders:read' },
    });
    const askers = [machine('orders'), app('orders-app'), machine('orders-api'), machine('stranger'), WEB];
    const seen = async (value: string) =>
      await Promise.all(askers.map(async (client) => `${client.id} ${await told(value, client)}`));
    assert.deepEqual(await seen(orders), [
      'orders active',
      'orders-app inactive',
      'orders-api active',
      'stranger inactive',
      'demo-web inactive',
    ]);
    assert.deepEqual(await seen(person.tokens.access_token), [
      'orders inactive',
      'orders-app active',
      'orders-api active',
      'stranger inactive',
      'demo-web inactive',
    ]);
    return 'its client and introspectionClients';
  });

  row('F17', 'username of an opaque token whose client has lost the profile', 'none', async () => {
    const { access_token: value } = (await signIn(stage.issuer, { client: app('no-api') })).tokens;
    const usernames = async () => {
      const { id, secret } = app('no-api');
      const short = await introspect(stage, value, { id, secret });
      const body = new URLSearchParams({ token: value, unknown: 'parameter' });
      const headers = { Authorization: basic({ id, secret }) };
      const engine = await fetch(`${stage.issuer}/introspect`, { method: 'POST', headers, body });
      const answers = await Promise.all([short, engine].map((response) => response.json()));
      return answers.map((each) => (each as { username?: string }).username);
    };
    assert.deepEqual(await usernames(), ['alice', 'alice']);
    await setScope(stage, 'no-api', 'openid');
    const seen = await usernames();
    await setScope(stage, 'no-api', 'openid profile');
    return seen.every((each) => each === undefined) ? 'none' : seen.join();
  });

  row('F17', 'a JWT for another API, and for one that lists no client', 'inactive', async () => {
    assert.equal(await told(await tokenOf(MACHINE), machine('orders-api')), 'inactive');
    assert.equal(await told(await tokenOf(MACHINE), DEMO_API_CLIENT), 'active');
    const ledger = await tokenOf(machine('ledger'), { resource: LEDGER });
    assert.equal(await told(ledger, machine('ledger')), 'active', 'its own');
    return await told(ledger, machine('orders-api'));
  });

  row('F17', 'a valid token of another client, and an invalid one', 'one response', async () => {
    const { tokens } = await signIn(stage.issuer);
    const values = [
      await tokenOf(machine('orders')),
      tokens.access_token,
      tokens.refresh_token as string,
      'garbage',
      'eyJhbGciOiJub25lIn0.e30.',
    ];
    const answers = new Set<string>();
    for (const value of values) {
      const response = await introspect(stage, value, machine('stranger'));
      const headers = Object.fromEntries(response.headers);
      for (const name of ['date', 'trace-id']) delete headers[name];
      answers.add(JSON.stringify([response.status, headers, await response.text()]));
    }
    assert.match([...answers].join(), /^\[200,.*active.*false/);
    return answers.size === 1 ? 'one response' : [...answers].join('\n');
  });

  row('F17', 'opaque tokens', 'their own client only', async () => {
    const { tokens } = await signIn(stage.issuer);
    for (const value of [tokens.access_token, tokens.refresh_token as string]) {
      assert.equal(await told(value, WEB), 'active');
      for (const client of [DEMO_API_CLIENT, machine('orders-api'), app('two-apis')])
        assert.equal(await told(value, client), 'inactive', client.id);
    }
    return 'their own client only';
  });

  row('F17', 'scopes that the client of a token has lost', 'left out, then inactive', async () => {
    const value = await tokenOf(machine('both'), { resource: API });
    const own = await tokenOf(machine('orders'));
    const described = async (each: string, client: Credentials) =>
      (await (await introspect(stage, each, client)).json()) as { active: boolean; scope?: string };
    await setScope(stage, 'orders', 'orders:write');
    assert.equal((await described(own, machine('orders-api'))).scope, 'orders:write');
    await setScope(stage, 'both', 'orders:read');
    assert.deepEqual(await described(value, DEMO_API_CLIENT), { active: false });
    assert.deepEqual(await described(value, machine('both')), { active: false });
    await setScope(stage, 'both', 'messages:read orders:read');
    await setScope(stage, 'orders', 'orders:read orders:write orders:refund');
    return 'left out, then inactive';
  });

  row('F18', 'revocation of opaque tokens of another client', 'as of an unknown token', async () => {
    const { tokens } = await signIn(stage.issuer);
    const none = await revoke('x'.repeat(43), machine('stranger'));
    for (const value of [tokens.access_token, tokens.refresh_token as string]) {
      assert.deepEqual(await revoke(value, machine('stranger')), none);
      assert.equal(await told(value, WEB), 'active', 'and nothing came of it');
    }
    return 'as of an unknown token';
  });

  row('F18', 'revocation of JWTs of another client, valid and revoked', 'one response', async () => {
    const value = await tokenOf(machine('orders'));
    const good = await revoke(value, machine('stranger'));
    assert.equal(await told(value, machine('orders')), 'active');
    assert.equal((await revoke(value, machine('orders'))).status, 200);
    assert.equal(await told(value, machine('orders')), 'inactive');
    assert.deepEqual(await revoke(value, machine('stranger')), good);
    assert.equal((await revoke(value, machine('orders'))).status, 200, 'again');
    return good.status === 400 ? 'one response' : String(good.status);
  });
});
