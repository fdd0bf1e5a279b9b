import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { dial } from './visitor.ts';

const PEOPLE = 500;
const CONNECTIONS = 10;

/** The requests of a browser from the application to its callback: a sign-in, with one wrong password, and consent. */
const SIGN_IN: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/authorize?client_id=a'],
  ['GET', '/interaction/one'],
  ['GET', '/assets/signet.css'],
  ['GET', '/assets/logo.svg'],
  ['POST', '/interaction/one/login'],
  ['POST', '/interaction/one/login'],
  ['GET', '/authorize/one'],
  ['GET', '/interaction/two'],
  ['POST', '/interaction/two/consent'],
  ['GET', '/authorize/two'],
];

describe('the limits of nginx at rush hour', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let node: Server;
  const sessions: ClientHttp2Session[] = [];

  before(async function () {
    await needNginx(this);
    node = createServer(({ url }, response) => {
      if (url?.startsWith('/assets/') === true) response.setHeader('Cache-Control', 'max-age=3600');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(node, 'listening');
    nginx = await startNginx(await planNginx(), [(node.address() as AddressInfo).port]);
    for (let count = 0; count < CONNECTIONS; count += 1) {
      sessions.push(
        connect(nginx.issuer, { createConnection: () => dial(nginx, { ALPNProtocols: ['h2'] }) }),
      );
    }
  });
  after(async () => {
    for (const session of sessions) session.destroy();
    await nginx?.stop();
    node?.close().closeAllConnections();
  });

  async function request(person: number, [method, path]: readonly [string, string]) {
    const session = sessions[person % CONNECTIONS] as ClientHttp2Session;
    const stream = session.request({ ':method': method, ':path': path, accept: 'text/html,*/*;q=0.8' });
    stream.end(method === 'POST' ? 'a=b' : undefined);
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
    return { status: headers[':status'], headers, body: await text(stream) };
  }

  it('let five hundred people behind one address sign in at the same time', async () => {
    const counts = new Map<number, number>();
    for (const step of SIGN_IN) {
      // All requests of a step are concurrent.
      const answers = await Promise.all(Array.from({ length: PEOPLE }, (_, person) => request(person, step)));
      for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...counts], [[200, PEOPLE * SIGN_IN.length]]);
  });

  it('stop a client that posts three times as many forms, with a page', async () => {
    const limited: Awaited<ReturnType<typeof request>>[] = [];
    for (let round = 0; round < 4; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: PEOPLE }, (_, person) => request(person, ['POST', '/interaction/one/login'])),
      );
      limited.push(...answers.filter(({ status }) => status === 429));
    }
    assert.ok(limited.length > PEOPLE, String(limited.length));
    for (const { headers, body } of limited) {
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(headers['retry-after'], '1');
      assert.match(body, /<h1>Too many requests<\/h1>/);
      assert.match(String(headers['content-security-policy']), styleDigest(body));
    }
  });
});

function styleDigest(page: string): RegExp {
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(page) ?? [];
  const digest = createHash('sha256').update(style).digest('base64');
  return new RegExp(`style-src 'sha256-${digest.replaceAll('+', '\\+')}'`);
}
