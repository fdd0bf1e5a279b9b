import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { authorizationRequest } from '../support/flow.ts';
import { requestRaw, sendRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { spoofed } from './support/spoofed.ts';
import { useStage } from './support/stage.ts';

const SHOP = { client_id: 'shop', client_secret: 'shop-secret-of-more-than-32-characters' };
const REDIRECT_URI = 'https://shop.example.com/callback';

/** Sends a first part, then one byte at a time. @returns seconds until the server closed the connection */
async function drip(socket: Socket, beginning: string, everyMs: number): Promise<number> {
  const start = performance.now();
  socket.write(beginning);
  const dripping = setInterval(() => socket.write('a'), everyMs);
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(dripping);
  return (performance.now() - start) / 1000;
}

describe('I: behind nginx', function () {
  this.timeout(60_000);
  const stage = useStage({ clients: [{ ...SHOP, redirect_uris: [REDIRECT_URI] }] }, { proxy: true });
  const { url: request } = authorizationRequest('https://issuer.example', {
    client_id: SHOP.client_id,
    redirect_uri: REDIRECT_URI,
  });

  // Slow clients run in parallel with the other rows.
  const slow: Record<string, Promise<number>> = {};
  before(() => {
    const node = () => connect(stage.server.port, '127.0.0.1').on('error', () => undefined);
    const head = `POST /token HTTP/1.1\r\nHost: ${stage.host}\r\n`;
    const form = `${head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n`;
    slow['headers to nginx'] = drip(stage.dial(), `${head}X-Slow: `, 2000);
    slow['headers to a node'] = drip(node(), `${head}X-Slow: `, 2000);
    slow['a body to nginx, a byte in 2 s'] = drip(stage.dial(), form, 2000);
    slow['a body to nginx, two bytes a second'] = drip(stage.dial(), form, 500);
    slow['a body to a node'] = drip(node(), form, 2000);
    slow['nothing to a node'] = drip(node(), '', 60_000);
  });

  for (const path of ['/.well-known/openid-configuration', request.pathname + request.search, '/logout']) {
    row('I09', `${path.split('?')[0]} with forged headers`, 'URLs of the issuer', async () => {
      const { text } = await requestRaw(stage, `GET ${path} HTTP/1.1`, spoofed('203.0.113.9'));
      assert.match(text, /^HTTP\/1\.1 (?:200|303) /);
      assert.doesNotMatch(text, /evil|http:|203\.0\.113\.9/);
      return 'URLs of the issuer';
    });
  }

  const others: [what: string, target: string, host: (own: string) => string | string[] | undefined][] = [
    ['evil.example', '/jwks', () => 'evil.example'],
    ['none', '/jwks', () => undefined],
    ['two', '/jwks', (own) => [own, 'evil.example']],
    ['two, evil first', '/jwks', (own) => ['evil.example', own]],
    ['absolute target', 'https://evil.example/jwks', (own) => own],
    ['a user name', '/jwks', (own) => `evil.example@${own}`],
    ['below another', '/jwks', (own) => own.replace(':', '.evil.example:')],
  ];
  for (const [what, target, host] of others) {
    row('I09', `Host: ${what}`, 'refused', async () => {
      const { status, text } = await requestRaw(stage, `GET ${target} HTTP/1.1`, { Host: host(stage.host) });
      assert.ok([0, 400, 421].includes(status), text);
      assert.doesNotMatch(text, /evil|"keys"/);
      return 'refused';
    });
  }

  // nginx ignores the rest after the port, and sends its own name to Signet.
  row('I09', 'Host: text after the port', 'URLs of the issuer', async () => {
    const path = '/.well-known/openid-configuration';
    const { body } = await requestRaw(stage, `GET ${path} HTTP/1.1`, { Host: `${stage.host}@evil.example` });
    assert.equal((JSON.parse(body) as { token_endpoint: string }).token_endpoint, `${stage.issuer}/token`);
    assert.doesNotMatch(body, /evil/);
    return 'URLs of the issuer';
  });

  row('I09', 'another :authority in HTTP/2', 'refused', async () => {
    const session = connectHttp2(stage.issuer, { createConnection: () => stage.dial(['h2']) });
    const stream = session.request({ ':path': '/jwks', ':authority': 'evil.example' });
    const status = await new Promise<number>((resolve) => {
      stream.once('response', (headers) => resolve(headers[':status'] ?? 0));
      stream.once('error', () => resolve(0));
      stream.once('close', () => resolve(0));
    });
    session.on('error', () => undefined).destroy();
    assert.ok([0, 400, 421].includes(status), String(status));
    return 'refused';
  });

  for (const [line, expected] of [
    ['TRACE /jwks HTTP/1.1', '405'],
    ['CONNECT evil.example:443 HTTP/1.1', '400'],
    ['FOO /jwks HTTP/1.1', '501'],
    ['get /jwks HTTP/1.1', '400'],
  ] as const) {
    // 501 is Signet's response: nginx passes unknown methods.
    row('I10', line, expected, async () => String((await requestRaw(stage, line)).status));
  }

  for (const path of [
    '//token',
    '/token/',
    '/%74oken',
    '/TOKEN',
    '/./token',
    '/x/../token',
    '/token%2f',
    '/token;x',
  ]) {
    row('I10', `another spelling: ${path}`, '404', async () =>
      String((await requestRaw(stage, `POST ${path} HTTP/1.1`, {}, 'a=b')).status),
    );
  }

  for (const path of [
    '/metrics',
    '/healthz',
    '/readyz',
    '/admin',
    '/:9000/metrics',
    '//metrics',
    '/x/../metrics',
  ]) {
    row('I16', path, '404', async () => String((await requestRaw(stage, `GET ${path} HTTP/1.1`)).status));
  }

  const large = `a=${'x'.repeat(70_000)}`;
  row('I01', 'a body of 70 kB', '413', async () =>
    String((await requestRaw(stage, 'POST /token HTTP/1.1', {}, large)).status),
  );
  row('I01', 'a body of 70 kB in chunks', '413', async () => {
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': undefined,
      'Transfer-Encoding': 'chunked',
    };
    const chunks = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    return String((await requestRaw(stage, 'POST /token HTTP/1.1', headers, chunks)).status);
  });
  row('I01', 'a header of 20 kB', '431', async () => {
    const { status } = await requestRaw(stage, 'GET /jwks HTTP/1.1', { 'X-Large': 'x'.repeat(20_000) });
    return String(status);
  });
  row('I01', '1,500 headers', '400', async () => {
    const headers = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`X-${index}`, 'x']));
    return String((await requestRaw(stage, 'GET /jwks HTTP/1.1', headers)).status);
  });
  row('I01', 'a target of 9 kB', '200', async () =>
    String((await requestRaw(stage, `GET /jwks?${'x'.repeat(9000)} HTTP/1.1`)).status),
  );
  row('I01', 'a target of 40 kB', '414', async () =>
    String((await requestRaw(stage, `GET /jwks?${'x'.repeat(40_000)} HTTP/1.1`)).status),
  );

  const hidden = 'GET /jwks HTTP/1.1\r\nHost: hidden\r\n\r\n';
  for (const headers of [
    'Content-Length: 44\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Content-Length: 3\r\nContent-Length: 44',
    'Content-Length: +44',
  ]) {
    row('I01', `smuggling: ${JSON.stringify(headers)}`, 'refused', async () => {
      const head = `POST /token HTTP/1.1\r\nHost: ${stage.host}\r\n${headers}\r\n\r\n`;
      const { text } = await sendRaw(stage, `${head}0\r\n\r\n${hidden}`);
      assert.doesNotMatch(text, /HTTP\/1\.1 2|"keys"/);
      return 'refused';
    });
  }

  row('I16', 'queries in logs', 'no query', async () => {
    await requestRaw(stage, 'GET /authorize?login_hint=very-secret-thing HTTP/1.1');
    assert.match(stage.logged, / GET \/authorize \d/);
    assert.doesNotMatch(stage.logged, /very-secret-thing/);
    return 'no query';
  });

  for (const [id, what] of [
    ['I04', 'headers to nginx'],
    ['I04', 'headers to a node'],
    ['I04', 'nothing to a node'],
    ['I05', 'a body to nginx, a byte in 2 s'],
    ['I05', 'a body to nginx, two bytes a second'],
    ['I05', 'a body to a node'],
  ] as const) {
    row(
      id,
      `slow: ${what}`,
      'closed after <n> s',
      async () => `closed after ${(await slow[what])?.toFixed(1)} s`,
    );
  }
});
