import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { anyText } from '../support/any-text.ts';
import { withClock } from '../support/clock.ts';
import { AssertingClient } from '../support/client-assertion.ts';
import { basic, signIn } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { auditEventsOf, loggedOf, responseOf, traceIdOf } from './engine-comparison.ts';
import {
  APIS,
  AUTHORIZATIONS,
  client,
  CLIENTS,
  type Request,
  request,
  SECRET,
  toEngine,
} from './introspection-parties.ts';

const FORM = 'application/x-www-form-urlencoded';
const INTROSPECT = { method: 'POST' };

describe('the short path of introspection and the engine answer in the same way', () => {
  let server: TestServer;
  let asserting: AssertingClient;
  let access: string;
  let jwt: string;

  before(async () => {
    asserting = await AssertingClient.create('asserting');
    server = await startTestServer({
      signingAlgorithms: ['ES256'],
      apis: APIS,
      clients: [...CLIENTS, { ...asserting.metadata, grant_types: [] }],
    });
    access = (await signIn(server.issuer, { client: client('app') })).tokens.access_token;
    const parameters = { scope: 'openid orders:read' };
    jwt = (await signIn(server.issuer, { client: client('app'), parameters })).tokens.access_token;
  });
  after(() => server.stop());

  async function send(each: RequestInit, path = '/introspect'): Promise<Response> {
    return await fetch(server.issuer + path, { ...INTROSPECT, ...each });
  }

  /** @returns the status, which is the same on both paths, and the trace ids of both */
  async function assertSame(each: Request, init: RequestInit = {}, path?: string) {
    const responses = [
      await send({ ...init, ...each }, path),
      await send({ ...init, ...toEngine(each) }, path),
    ];
    const traces = responses.map(traceIdOf);
    const [first, second] = await Promise.all(responses.map(responseOf));
    assert.deepEqual(first, second, JSON.stringify(each));
    assert.deepEqual(loggedOf(server, traces[0]!), loggedOf(server, traces[1]!));
    return { status: first!.status, text: first!.text, traces };
  }

  it('any credentials', async () => {
    const statuses = new Map<number, number>();
    const audited: string[][] = [];
    for (const [index, authorization] of AUTHORIZATIONS.entries()) {
      // In the short form with one of them in turn.
      for (const token of LONG ? [access, jwt] : [[access, jwt][index % 2] as string]) {
        const { status, traces } = await assertSame(
          request({ token }, 'app', { Authorization: authorization }),
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        audited.push(traces);
      }
    }
    assert.deepEqual(
      [...statuses.keys()].toSorted((a, b) => a - b),
      [200, 400, 401],
    );
    assert.ok(Number(statuses.get(200)) >= (LONG ? 8 : 4), 'requests of each kind');
    await server.restart();
    for (const [first = '', second = ''] of audited)
      assert.deepEqual(auditEventsOf(server, first), auditEventsOf(server, second));
    assert.ok(audited.some(([first = '']) => auditEventsOf(server, first).length > 0));
  });

  it('credentials in the body, in two places, and none', async () => {
    const { Authorization: _header, ...headers } = request({}).headers;
    const inBody = async (parameters: Record<string, string>, more: Record<string, string> = {}) =>
      (
        await assertSame({
          body: new URLSearchParams({ token: access, ...parameters }).toString(),
          headers: { ...headers, ...more },
        })
      ).status;
    const own = { client_id: 'app', client_secret: SECRET };
    assert.equal(await inBody(own), 200);
    assert.equal(await inBody({ ...own, client_id: 'other' }), 200);
    assert.equal(await inBody(own, { Authorization: basic(client('app')) }), 400);
    assert.equal(await inBody({ client_id: 'app' }, { Authorization: basic(client('app')) }), 200);
    assert.equal(await inBody({ client_id: '' }, { Authorization: basic(client('app')) }), 200);
    assert.equal(await inBody({ client_secret: '' }, { Authorization: basic(client('app')) }), 200);
    assert.equal(await inBody({ client_id: 'other' }, { Authorization: basic(client('app')) }), 400);
    assert.equal(await inBody({ ...own, client_secret: `${SECRET}x` }), 401);
    assert.equal(await inBody({ ...own, client_secret: `${SECRET}\0` }), 401);
    assert.equal(await inBody({ ...own, client_secret: '' }), 401);
    assert.equal(await inBody({ client_id: 'app' }), 401);
    assert.equal(await inBody({ client_id: 'public' }), 401);
    assert.equal(await inBody({}), 400);
    for (const id of ['asserting', 'app']) {
      const assert401 = await asserting.parameters(server.issuer, {}, { forged: true });
      assert.equal(await inBody({ client_id: id, ...assert401 }), id === 'app' ? 400 : 401);
    }
    const statuses = [await asserting.parameters(server.issuer), await asserting.parameters(server.issuer)];
    for (const parameters of statuses) {
      const response = await send({ headers, body: new URLSearchParams({ token: access, ...parameters }) });
      assert.deepEqual(await response.json(), { active: false });
    }
  });

  it('any form', async () => {
    const { headers } = request({});
    const statuses: Record<string, number> = {};
    for (const body of [
      '',
      'token',
      'token=',
      'token=%20',
      'token=%00',
      'token=%zz',
      'token=%E9',
      `token=${access}&token=${access}`,
      `token=${access}&token_type_hint=access_token&token_type_hint=access_token`,
      `token=${access}&resource=https%3A%2F%2Forders.example`,
      `token=${access}&resource=a&resource=b`,
      `token=${access}&client_id=app&client_id=app`,
      `token=${access}&scope=x`,
      `token=${access}&=`,
      `token=${access}&__proto__=1`,
      `token=${access}%0A`,
      `token=+${access}`,
      `Token=${access}`,
      `token[]=${access}`,
      `token=${access};token_type_hint=access_token`,
      `token=${'x'.repeat(56 * 1024)}`,
      `token_type_hint=access_token`,
      `token=${access}${'&a=1'.repeat(101)}`,
    ]) {
      statuses[body.slice(0, 30)] = (await assertSame({ body, headers })).status;
    }
    assert.deepEqual(
      [...new Set(Object.values(statuses))].toSorted((a, b) => a - b),
      [200, 400, 413],
    );
  });

  it('any media type, method and header', async () => {
    const plain = request({ token: access });
    for (const type of [
      FORM,
      FORM.toUpperCase(),
      `${FORM};charset=UTF-8`,
      `${FORM}; charset="utf-8"`,
      `${FORM}; charset=latin1`,
      `${FORM};`,
      'application/json',
      'multipart/form-data; boundary=x',
      'text/plain',
    ])
      await assertSame({ ...plain, headers: { ...plain.headers, 'Content-Type': type } });
    for (const [name, value] of Object.entries({
      Accept: 'text/html',
      'Accept-Encoding': 'gzip',
      Origin: 'https://app.example',
      DPoP: 'x',
      'OAuth-Client-Attestation': 'x',
      Cookie: '_session=x',
      'X-Forwarded-For': '192.0.2.1',
      'If-None-Match': '*',
      Range: 'bytes=0-1',
    })) {
      for (const token of [access, jwt]) await assertSame(request({ token }, 'app', { [name]: value }));
    }
    const { headers } = plain;
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      await assertSame({ headers } as Request, { method }, `/introspect?token=${access}`);
    for (const method of ['PUT', 'PATCH', 'DELETE']) await assertSame(plain, { method });
    assert.equal((await assertSame(plain, {}, '/introspect?token=x')).status, 400);
    assert.equal((await assertSame(plain, {}, '/introspect?')).status, 200);
    assert.equal((await assertSame(plain, {}, '/introspect/')).status, 404);
  });

  it('random requests', async () => {
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(access, jwt) },
      anyText(),
      fc.constantFrom('', 'access_token', 'refresh_token', 'app', SECRET),
    );
    const name = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('token', 'token_type_hint') },
      fc.constantFrom('client_id', 'client_secret', 'resource', 'x', ''),
    );
    const authorization = fc.oneof(
      { weight: 3, arbitrary: fc.constant(AUTHORIZATIONS[0]!) },
      fc.constantFrom(...AUTHORIZATIONS),
    );
    const parameters = fc.array(fc.tuple(name, value), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(parameters, authorization, async (given, Authorization) => {
        const body = new URLSearchParams(
          ([['token', access], ...given] as [string, string][]).slice(given.length > 1 ? 1 : 0),
        );
        await assertSame({ body: body.toString(), headers: { 'Content-Type': FORM, Authorization } });
      }),
      { numRuns: LONG ? 100 : 30 },
    );
  });

  it('a secret that was replaced, in its overlap and after it', async () => {
    const operator = await operate(server);
    const metadata = { client_id: 'rotating', grant_types: ['client_credentials'], scope: 'orders:read' };
    await operator.clients.add(metadata, { secret: SECRET });
    await withClock(async (clock) => {
      const old = request({ token: access }, 'rotating');
      const statuses = [(await assertSame(old)).status];
      const { secret } = await operator.clients.rotateSecret('rotating', { overlap: 60 });
      const Authorization = basic({ id: 'rotating', secret });
      for (const seconds of [2, 57, 2]) {
        clock.advance(seconds);
        statuses.push((await assertSame(old)).status);
        assert.equal((await assertSame({ ...old, headers: { ...old.headers, Authorization } })).status, 200);
      }
      assert.deepEqual(statuses, [200, 200, 200, 401]);
      await operator.clients.remove('rotating');
      clock.advance(2);
      assert.equal((await assertSame(old)).status, 401);
    });
    await operator.close();
  });

  it('and count the same metrics', async () => {
    const counted = async () => {
      const exposed = await server.running.metrics.expose();
      const series =
        /^signet_http_request_duration_seconds_count\{route="introspection",method="POST",status="200"\} (\d+)/m;
      return Number(series.exec(exposed)?.[1] ?? 0);
    };
    const plain = request({ token: access });
    for (const each of [plain, toEngine(plain)]) {
      const count = await counted();
      await (await send(each)).text();
      assert.equal(await counted(), count + 1);
    }
  });
});
