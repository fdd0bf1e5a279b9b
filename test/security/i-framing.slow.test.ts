import assert from 'node:assert/strict';
import { LONG } from '../support/long-form.ts';
import { requestRaw, sendRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

/** Boundaries and syntax of requests (RFC 9112). */
describe('I: HTTP framing', () => {
  const stage = useStage();
  const status = async (
    ...request: Parameters<typeof requestRaw> extends [unknown, ...infer Rest] ? Rest : never
  ) => String((await requestRaw(stage, ...request)).status);

  row('I01', 'a header of 20 kB', '431', () =>
    status('GET /jwks HTTP/1.1', { 'X-Large': 'x'.repeat(20_000) }),
  );
  row('I01', '1,500 headers', '431', () => status('GET /jwks HTTP/1.1', manyHeaders(1500)));
  row('I01', '1,500 headers of minimal length', '431', () =>
    status('GET /jwks HTTP/1.1', { a: Array.from({ length: 1500 }, () => '') }),
  );
  row('I01', '101 headers', '431', () => status('GET /jwks HTTP/1.1', manyHeaders(99)));
  row('I01', '100 headers', '200', () => status('GET /jwks HTTP/1.1', manyHeaders(98)));
  row('I01', 'a target of 20 kB', '431', () => status(`GET /jwks?${'x'.repeat(20_000)} HTTP/1.1`));

  // Boundaries of requests that servers interpret differently (RFC 9112 §11.2). Each contains a second request.
  const hidden = 'GET /jwks HTTP/1.1\r\nHost: hidden\r\n\r\n';
  const smuggling: [what: string, headers: string, body: string][] = [
    ['length and chunks', 'Content-Length: 44\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`],
    ['chunks and length', 'Transfer-Encoding: chunked\r\nContent-Length: 5', `0\r\n\r\n${hidden}`],
    ['two lengths', `Content-Length: 3\r\nContent-Length: 43`, `a=b${hidden}`],
    ['two lengths in one', 'Content-Length: 3, 3', `a=b${hidden}`],
    ['a length with a sign', 'Content-Length: +3', `a=b${hidden}`],
    ['a negative length', 'Content-Length: -1', hidden],
    ['a length in hexadecimal', 'Content-Length: 0x3', `a=b${hidden}`],
    ['a length beyond all numbers', 'Content-Length: 18446744073709551619', `a=b${hidden}`],
    ['an unknown coding', 'Transfer-Encoding: xchunked', `0\r\n\r\n${hidden}`],
    ['chunked and then identity', 'Transfer-Encoding: chunked, identity', `0\r\n\r\n${hidden}`],
    ['two codings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${hidden}`],
    ['a space before the colon', 'Content-Length: 3\r\nTransfer-Encoding : chunked', `a=b${hidden}`],
    ['a tab before the name', 'Content-Length: 3\r\n\tTransfer-Encoding: chunked', `a=b${hidden}`],
    ['a folded line', 'Transfer-Encoding:\r\n chunked', `0\r\n\r\n${hidden}`],
    ['bare line feeds', 'Content-Length: 3\nTransfer-Encoding: chunked', `a=b${hidden}`],
    ['a bare carriage return', 'Content-Length: 3\rTransfer-Encoding: chunked', `a=b${hidden}`],
    ['NUL in a value', 'Content-Length: 3\r\nX: \0Transfer-Encoding: chunked', `a=b${hidden}`],
    ['a chunk size with a sign', 'Transfer-Encoding: chunked', `+0\r\n\r\n${hidden}`],
    [
      'a chunk size beyond all numbers',
      'Transfer-Encoding: chunked',
      `fffffffffffffffff\r\na=b\r\n0\r\n\r\n${hidden}`,
    ],
    ['a chunk that ends with a line feed', 'Transfer-Encoding: chunked', `3\na=b\n0\n\n${hidden}`],
    ['a chunk longer than it says', 'Transfer-Encoding: chunked', `1\r\na=b\r\n0\r\n\r\n${hidden}`],
    ['a line feed in a chunk extension', 'Transfer-Encoding: chunked', `3;"\n"\r\na=b\r\n0\r\n\r\n${hidden}`],
    [
      'chunk extensions without end',
      'Transfer-Encoding: chunked',
      `3;${'a'.repeat(20_000)}\r\na=b\r\n0\r\n\r\n${hidden}`,
    ],
    ['a coding that nobody undoes', 'Transfer-Encoding: gzip, chunked', `0\r\n\r\n${hidden}`],
  ];
  for (const [what, headers, body] of smuggling) {
    row('I01', `smuggling: ${what}`, 'refused and closed', async () => {
      const head = `POST /token HTTP/1.1\r\nHost: ${stage.host}\r\n${headers}\r\n\r\n`;
      const { text } = await sendRaw(stage, head + body);
      // The endpoint may have answered before the framing error.
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code);
      assert.ok(statuses.length > 0 && statuses.every((code) => code === '400' || code === '413'), text);
      return 'refused and closed';
    });
  }

  row('I01', 'smuggling: a body of a GET request', '200, 421', async () => {
    const first = `GET /jwks HTTP/1.1\r\nHost: ${stage.host}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;
    const second = 'GET /jwks HTTP/1.1\r\nHost: second\r\nConnection: close\r\n\r\n';
    const { text } = await sendRaw(stage, first + second);
    return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code).join(', ');
  });

  for (const [line, expected] of [
    ['FOO /jwks HTTP/1.1', '501'],
    ['get /jwks HTTP/1.1', '501'],
    ['TRACE /jwks HTTP/1.1', '405'],
    ['TRACE /token HTTP/1.1', '405'],
    ['CONNECT evil.example:443 HTTP/1.1', '405'],
    ['CONNECT /jwks HTTP/1.1', '405'],
    ['DELETE /token HTTP/1.1', '405'],
    ['PATCH /userinfo HTTP/1.1', '405'],
    ['PUT /authorize HTTP/1.1', '405'],
    ['PROPFIND / HTTP/1.1', '405'],
    ['PRI * HTTP/2.0', '400'],
    ['GET /jwks', '400'],
    ['GET /jwks HTTP/2.0', '400'],
    ['GET /jwks HTTP/1.1 HTTP/1.1', '400'],
    ['GET /jwks#/token HTTP/1.1', '400'],
    ['GET jwks HTTP/1.1', '400'],
    ['GET /jw\x01ks HTTP/1.1', '400'],
    ['GET /jwks\t HTTP/1.1', '400'],
    ['GET /jwks HTTP/1.0', '200'],
  ] as const) {
    row('I10', JSON.stringify(line), expected, () => status(line));
  }

  row('I10', 'a method override header', '405', () =>
    status('GET /token HTTP/1.1', { 'X-HTTP-Method-Override': 'POST', 'X-Method-Override': 'POST' }),
  );
  row('I10', 'an upgrade to HTTP/2', '200', () =>
    status('GET /jwks HTTP/1.1', {
      Connection: 'close, Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': '',
    }),
  );
  row('I10', 'an unknown expectation', '417', () => status('GET /jwks HTTP/1.1', { Expect: 'evil' }));

  for (const path of [
    '//token',
    '/token/',
    '/token//',
    '/TOKEN',
    '/%74oken',
    '/t%6Fken',
    '/token%00',
    '/token%2f',
    '/token%20',
    '/token;x=y',
    '/token.json',
    '/./token',
    '/x/../token',
    '/%2e/token',
    '/\\token',
    '/token\\',
    '/..%2ftoken',
    '/.%2e/token',
    '//evil.example/token',
    '/authorize/../token',
  ]) {
    row('I10', `another spelling: ${JSON.stringify(path)}`, '404', () => status(`POST ${path} HTTP/1.1`));
  }
  row('I10', 'another spelling: a zero-width space at the end', '400', () =>
    status('POST /token\u200b HTTP/1.1'),
  );

  row('I06', 'idle connections', 'others are served, p99 <n> and <n> ms', async () => {
    const count = LONG ? 2000 : 200;
    const alone = await slowest(stage.issuer);
    const idle = Array.from({ length: count }, () => stage.dial());
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const beside = await slowest(stage.issuer);
    for (const socket of idle) socket.destroy();
    return `others are served, p99 ${alone} and ${beside} ms`;
  });
});

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${index}`, 'x']));
}

/** @returns p99 of a hundred requests one after the other, in milliseconds */
async function slowest(issuer: string): Promise<string> {
  const times: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    const start = performance.now();
    const response = await fetch(`${issuer}/jwks`);
    assert.equal(response.status, 200);
    await response.arrayBuffer();
    times.push(performance.now() - start);
  }
  return (times.toSorted((a, b) => a - b)[98] as number).toFixed(1);
}
