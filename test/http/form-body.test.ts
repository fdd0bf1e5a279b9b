import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { readFormBody } from '../../src/http/form-body.ts';
import { validateRequestTarget } from '../../src/http/malformed.ts';

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';
const MAX_BYTES = 64;

describe('readFormBody', () => {
  let server: Server;
  /** The result of each request, in order: the form, null for none, or the error. */
  let read: unknown[];
  let aborted: PromiseWithResolvers<void>;
  before(async () => {
    const app = new Koa();
    app.silent = true;
    app.use(validateRequestTarget());
    app.use(async (ctx) => {
      try {
        const form = await readFormBody(ctx, MAX_BYTES);
        assert.equal(await readFormBody(ctx, MAX_BYTES), form, 'the second call has the same result');
        read.push(form === undefined ? null : { ...form });
        ctx.status = 204;
      } catch (error) {
        read.push(String(error));
        aborted.resolve();
      }
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    read = [];
    aborted = Promise.withResolvers();
  });
  after(() => void server.close());

  async function open(): Promise<Socket> {
    const socket = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      noDelay: true,
    });
    await once(socket, 'connect');
    return socket;
  }

  function head(headers: string): string {
    return `POST / HTTP/1.1\r\nHost: localhost\r\n${FORM}${headers}\r\n`;
  }

  function form(body: string): string {
    return head(`Content-Length: ${body.length}\r\n`) + body;
  }

  function chunks(...parts: string[]): string {
    return [...parts, ''].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
  }

  const LAST = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

  /** Sends packets, and a last request on the same connection. @returns the number of responses */
  async function send(...packets: string[]): Promise<number> {
    const socket = await open();
    const answer = text(socket);
    for (const packet of [...packets, LAST]) {
      await new Promise((written) => socket.write(packet, written));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return (await answer).split('HTTP/1.1 204').length - 1;
  }

  it('reads a form in one packet', async () => {
    assert.equal(await send(form('a=1&b=%C3%A9&b=2')), 2);
    assert.deepEqual(read, [{ a: '1', b: ['é', '2'] }, null]);
  });

  it('reads a form byte by byte, also within a character', async () => {
    const body = 'a=%F0%9F%94%91';
    assert.equal(await send(head(`Content-Length: ${body.length}\r\n`), ...body.split('')), 2);
    assert.deepEqual(read[0], { a: '🔑' });
  });

  it('reads a chunked form', async () => {
    assert.equal(await send(head('Transfer-Encoding: chunked\r\n') + chunks('a=', '1&b', '=2')), 2);
    assert.deepEqual(read[0], { a: '1', b: '2' });
  });

  it('reads pipelined forms in order', async () => {
    assert.equal(await send(form('n=1') + form('n=2') + form('n=3')), 4);
    assert.deepEqual(read, [{ n: '1' }, { n: '2' }, { n: '3' }, null]);
  });

  it('accepts the largest form and rejects one byte more; the connection continues', async () => {
    const largest = `a=${'x'.repeat(MAX_BYTES - 2)}`;
    assert.equal(await send(form(largest), form(`${largest}x`), form('a=1')), 4);
    assert.deepEqual(read, [{ a: largest.slice(2) }, null, { a: '1' }, null]);
  });

  it('rejects a chunked form that is too large; the connection continues', async () => {
    const large = chunks(...Array.from({ length: 50 }, () => 'x'.repeat(4000)));
    assert.equal(await send(head('Transfer-Encoding: chunked\r\n') + large, form('a=1')), 3);
    assert.deepEqual(read, [null, { a: '1' }, null]);
  });

  for (const type of ['', 'application/json', 'application/x-www-form-urlencoded; charset=iso-8859-1']) {
    it(`reads no body of type "${type}" (RFC 6749 appendix B)`, async () => {
      const body = 'a=1';
      const other = form(body).replace(FORM, type === '' ? '' : `Content-Type: ${type}\r\n`);
      assert.equal(await send(other, form('a=2')), 3);
      assert.deepEqual(read, [null, { a: '2' }, null]);
    });
  }

  for (const [what, headers, part] of [
    ['with a length', 'Content-Length: 60\r\n', 'a=1'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n', '3\r\na=1\r\n'],
  ] as const) {
    it(`throws when the connection ends within a body ${what}`, async () => {
      const socket = await open();
      socket.on('error', () => {});
      socket.write(head(headers) + part);
      await new Promise((resolve) => setTimeout(resolve, 5));
      socket.destroy();
      await aborted.promise;
      assert.deepEqual(read, ['BadRequestError: request aborted']);
    });
  }
});
