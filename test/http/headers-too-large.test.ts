import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { startTestServer, type TestServer } from '../support/server.ts';

/** A browser sends every cookie of a host, also those of other programs on it. */
describe('a request with too large headers (RFC 6585 §5)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      brand: { name: 'Mad Hatter', links: [{ label: 'Help', url: 'https://help.example.com/' }] },
    });
  });
  after(() => server.stop());

  /** @param parts written as separate packets */
  async function send(...parts: string[]): Promise<{ head: string; body: string }> {
    const socket = connect({ port: server.running.port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const answer = text(socket);
    for (const part of parts) await new Promise((written) => socket.write(part, written));
    const [head = '', body = ''] = (await answer).split('\r\n\r\n');
    return { head, body };
  }

  const host = () => `Host: ${new URL(server.issuer).host}\r\n`;
  const navigation = () => `GET / HTTP/1.1\r\n${host()}Accept: text/html,application/xhtml+xml\r\n`;
  const cookies = (size: number) => `Cookie: other=${'x'.repeat(size)}\r\n`;

  function assertPage({ head, body }: { head: string; body: string }): void {
    assert.match(head, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    assert.match(head, /\r\nConnection: close(\r\n|$)/);
    assert.match(head, /\r\nContent-Type: text\/html; charset=utf-8\r\n/);
    assert.match(head, new RegExp(`\\r\\nContent-Length: ${Buffer.byteLength(body)}(\\r\\n|$)`));
    assert.match(head, /\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-/);
    assert.match(head, /\r\nCache-Control: no-store/);
    assert.match(body, /<h1>Your browser sent too much<\/h1>/);
    assert.match(body, /Delete the cookies of <strong>localhost<\/strong>/);
    assert.match(body, /<a href="https:\/\/help\.example\.com\/"/);
    assert.doesNotMatch(body, /\/assets\//, 'a request for an asset would be rejected too');
  }

  for (const size of [17_000, 200_000]) {
    it(`gets a page in a browser, with ${size} bytes of cookies`, async () => {
      assertPage(await send(`${navigation()}${cookies(size)}\r\n`));
    });
  }

  it('gets a page when the cookies arrive in a separate packet', async () => {
    assertPage(await send(navigation(), cookies(20_000), '\r\n'));
  });

  it('gets the page in its language', async () => {
    const accepted = 'Accept-Language: fr-CH, de;q=0.7, *;q=0.5\r\n';
    const { head, body } = await send(`${navigation()}${accepted}${cookies(17_000)}\r\n`);
    assert.match(head, /\r\nContent-Language: de(\r\n|$)/);
    assert.match(body, /<html lang="de">[^]*<h1>Ihr Browser hat zu viele Daten gesendet<\/h1>/);
  });

  it('gets JSON otherwise', async () => {
    for (const request of [
      `POST /token HTTP/1.1\r\n${host()}Accept: */*\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`,
      `GET /jwks HTTP/1.1\r\n${host()}${cookies(17_000)}\r\n`,
    ]) {
      const { head, body } = await send(request);
      assert.match(head, /^HTTP\/1\.1 431 [^]*\r\nContent-Type: application\/json/);
      assert.deepEqual(JSON.parse(body), {
        error: 'invalid_request',
        error_description: 'the headers are larger than 16 KiB',
      });
    }
  });
});
