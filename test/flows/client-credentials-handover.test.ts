import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { stringify } from 'node:querystring';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { parseConfig } from '../../src/config/config.ts';
import { validateFormBody } from '../../src/http/form-validation.ts';
import { clientCredentialsShortPath } from '../../src/oidc/grants/client-credentials-short-path.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { engineOn } from './engine-on-store.ts';
import { basic, MACHINE } from '../support/flow.ts';

/** Which requests are answered ahead of the engine, and the form that the engine gets of all others: a stand-in for it echoes that. */
describe('client credentials requests, ahead of the engine or left to it', () => {
  let store: Store;
  let server: Server;
  let port: number;
  const recorded: AuditEntry[] = [];
  let engineAsked = 0;
  /** Statuses of failed requests. */
  const failures: unknown[] = [];

  before(async () => {
    const config = parseConfig({ store: 'sqlite::memory:' });
    const clock = Date.now;
    store = await openStore(config.store, { clock });
    const audit = { record: (entry: AuditEntry) => void recorded.push(entry) };
    await createClients({
      store,
      ...metadataContext(config),
      audit: { record: () => {} },
      clock,
      sealer: createSealer(config),
    }).reconcile(config.clients);
    const engine = await engineOn(config, store);
    const app = new Koa();
    app.silent = true;
    app.use((_ctx, next) =>
      next().catch((error: { statusCode?: number }) => void failures.push(error.statusCode)),
    );
    app.use(validateFormBody(['resource']));
    app.use(clientCredentialsShortPath({ ...engine, audit, metrics: { tokenIssued: () => {} } }));
    app.use(async (ctx) => {
      engineAsked += 1;
      ctx.status = 418;
      // A form that was read is in the state; any other body is still in the request.
      const { form } = ctx.state;
      ctx.body =
        form === undefined
          ? await text(ctx.req)
          : stringify(form, '&', '=', { encodeURIComponent: (part) => part.replaceAll(' ', '%20') });
    });
    const handle = app.callback();
    server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await store.close();
  });
  beforeEach(() => void recorded.splice(0));

  const FORM = 'application/x-www-form-urlencoded';
  const GOOD = 'grant_type=client_credentials&scope=messages:read';

  /** @returns the status, and the body unless it is a token response */
  async function post(body: string, headers: Record<string, string> = {}, method: 'POST' | 'PUT' = 'POST') {
    const response = await fetch(`http://127.0.0.1:${port}/token`, {
      method,
      body,
      headers: { 'Content-Type': FORM, Authorization: basic(MACHINE), ...headers },
    });
    const answer = await response.text();
    return response.status === 200 ? [200, undefined] : [response.status, answer];
  }
  const ANSWERED = [200, undefined];
  const leftToEngine = (body: string) => [418, body];

  it('answers plain requests', async () => {
    const inBody = `${GOOD}&client_id=${MACHINE.id}&client_secret=${MACHINE.secret}`;
    assert.deepEqual(await post(GOOD), ANSWERED);
    assert.deepEqual(await post(GOOD, { 'Content-Type': `${FORM};charset=UTF-8` }), ANSWERED);
    assert.deepEqual(await post('grant_type=client_credentials'), ANSWERED);
    assert.deepEqual(await post(`${GOOD}&resource=http%3A%2F%2Flocalhost%3A3001`), ANSWERED);
    assert.deepEqual(await post(`${GOOD}&client_id=${MACHINE.id}`), ANSWERED);
    assert.deepEqual(await post(`${GOOD}${'+messages:read'.repeat(400)}`), ANSWERED);
    assert.equal(recorded.length, 6);
    assert.equal(
      (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: new URLSearchParams(inBody) }))
        .status,
      200,
    );
  });

  it('leaves every request that would be rejected to the engine, without an audit event', async () => {
    const wrong = { Authorization: basic({ ...MACHINE, secret: 'wrong' }) };
    const unknown = { Authorization: basic({ ...MACHINE, id: 'nobody' }) };
    const other = { Authorization: basic({ id: 'demo-web', secret: 'demo-web-secret' }) };
    for (const headers of [wrong, unknown, other, { Authorization: 'Bearer x' }]) {
      assert.deepEqual(await post(GOOD, headers), leftToEngine(GOOD));
    }
    for (const body of [
      'grant_type=client_credentials&scope=admin',
      'grant_type=client_credentials&resource=https://other.example',
      'grant_type=client_credentials&scope=messages:read%20admin',
      'grant_type=client_credentials&scope=',
      'grant_type=refresh_token',
      `${GOOD}&resource=http://localhost:3001&resource=http://localhost:3001`,
      `${GOOD}&client_id=nobody`,
      `${GOOD}&client_secret=${MACHINE.secret}`,
    ]) {
      assert.deepEqual(await post(body), leftToEngine(body), body);
    }
    assert.deepEqual(recorded, []);
  });

  it('leaves every request with an unknown header, parameter or method to the engine', async () => {
    for (const name of ['Origin', 'DPoP', 'OAuth-Client-Attestation', 'OAuth-Client-Attestation-PoP']) {
      assert.deepEqual(await post(GOOD, { [name]: 'https://app.example' }), leftToEngine(GOOD), name);
    }
    assert.deepEqual(
      await post(`${GOOD}&authorization_details=[]`),
      leftToEngine(`${GOOD}&authorization_details=[]`),
    );
    assert.deepEqual(await post(GOOD, {}, 'PUT'), leftToEngine(GOOD));
  });

  it('leaves requests to the engine while clients cannot be read', async () => {
    const find = store.clients.find.bind(store.clients);
    store.clients.find = () => Promise.reject(new Error('the store is away'));
    try {
      const headers = { Authorization: basic({ ...MACHINE, id: 'not-read-before' }) };
      assert.deepEqual(await post(GOOD, headers), leftToEngine(GOOD));
    } finally {
      store.clients.find = find;
    }
  });

  it('fails while the store does not answer, and does not ask it again', async () => {
    const find = store.clients.find.bind(store.clients);
    store.clients.find = () => Promise.reject(new StoreUnavailableError('no answer'));
    const asked = engineAsked;
    try {
      await post(GOOD, { Authorization: basic({ ...MACHINE, id: 'not-read-before' }) });
    } finally {
      store.clients.find = find;
    }
    assert.deepEqual(failures.splice(0), [503]);
    assert.equal(engineAsked, asked);
  });

  const head = (length: number, more = '') =>
    `POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM}\r\n${more}Content-Length: ${length}\r\n\r\n`;
  const authorization = `Authorization: ${basic(MACHINE)}\r\n`;

  it('reads a body that arrives in pieces', async () => {
    const socket = await open(port);
    const incoming = nextRequest(server);
    socket.write(head(GOOD.length, authorization));
    await incoming;
    for (const character of GOOD) {
      socket.write(character);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(await answerOf(socket), /^HTTP\/1.1 200 /);
    // On the same connection, a request that is left to the engine.
    const bad = 'grant_type=refresh_token';
    socket.write(head(bad.length, authorization) + bad.slice(0, 5));
    await nextRequest(server);
    socket.write(bad.slice(5));
    assert.match(await answerOf(socket), /^HTTP\/1.1 418 [^]*grant_type=refresh_token$/);
    socket.destroy();
  });

  it('answers pipelined requests in order', async () => {
    const socket = await open(port);
    const bad = 'grant_type=refresh_token';
    const good = head(GOOD.length, authorization) + GOOD;
    socket.write(good + head(bad.length, authorization) + bad + good);
    let received = '';
    for await (const chunk of socket) {
      received += chunk;
      if (received.match(/HTTP\/1.1 /g)?.length === 3) break;
    }
    assert.deepEqual(received.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 418', 'HTTP/1.1 200']);
    socket.destroy();
  });

  it('answers a request with chunked transfer coding', async () => {
    const socket = await open(port);
    socket.write(
      `${head(0, authorization).replace('Content-Length: 0', 'Transfer-Encoding: chunked')}${GOOD.length.toString(16)}\r\n${GOOD}\r\n0\r\n\r\n`,
    );
    assert.match(await answerOf(socket), /^HTTP\/1.1 200 /);
    socket.destroy();
  });

  it('answers 400 to a request whose connection closed early, and does not call the engine', async () => {
    const asked = engineAsked;
    const socket = await open(port);
    const incoming = nextRequest(server);
    socket.write(head(GOOD.length, authorization) + GOOD.slice(0, 10));
    const request = await incoming;
    const closed = new Promise((resolve) => request.once('close', resolve));
    socket.destroy();
    await closed;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(failures, [400]);
    assert.deepEqual(recorded, []);
    assert.equal(engineAsked, asked);
  });
});

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  await once(socket, 'connect');
  return socket;
}

async function nextRequest(server: Server): Promise<IncomingMessage> {
  const [request] = await once(server, 'request');
  return request;
}

async function answerOf(socket: Socket): Promise<string> {
  const [answer] = await once(socket, 'data');
  return answer;
}
