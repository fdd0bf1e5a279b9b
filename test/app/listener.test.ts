import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createListener, type Listener, ListenError } from '../../src/app/listener.ts';

describe('A listener', () => {
  let listener: Listener;
  let port: number;
  /** Responses that wait for the test. */
  let waiting: ServerResponse[];
  let arrived: PromiseWithResolvers<void>;

  beforeEach(async () => {
    waiting = [];
    arrived = Promise.withResolvers();
    listener = createListener(
      createServer((request, response) => {
        if (request.url === '/now') response.end('done');
        else waiting.push(response);
        arrived.resolve();
      }),
    );
    port = await listener.listen('127.0.0.1', 0);
  });
  afterEach(async () => {
    for (const response of waiting) response.end();
    await listener.drain();
  });

  async function open(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }

  function send(socket: Socket, path: string): void {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  async function answer(socket: Socket): Promise<string> {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  }

  /** An idle keep-alive connection. */
  async function openIdle(): Promise<Socket> {
    const socket = await open();
    send(socket, '/now');
    assert.match(await answer(socket), /^Connection: keep-alive\r$/m);
    return socket;
  }

  it('rejects a taken port with one sentence', async () => {
    await assert.rejects(createListener(createServer()).listen('127.0.0.1', port), (error: Error) => {
      assert.ok(error instanceof ListenError);
      assert.equal(error.message, `cannot listen on 127.0.0.1:${port}: another program is listening there`);
      return true;
    });
  });

  it('counts requests', async () => {
    await openIdle();
    assert.equal(listener.requests, 1);
  });

  it('drain() finishes the request under way, closes its connection, and accepts no other', async () => {
    const socket = await open();
    send(socket, '/later');
    await arrived.promise;
    const drained = listener.drain();
    await assert.rejects(open(), { code: 'ECONNREFUSED' });
    waiting[0]?.end('done');
    assert.match(await answer(socket), /^Connection: close\r$/m);
    await once(socket, 'close');
    await drained;
  });

  it('drain() answers one more request on an idle connection', async () => {
    const socket = await openIdle();
    const drained = listener.drain(60_000);
    send(socket, '/now');
    assert.match(await answer(socket), /^Connection: close\r$/m);
    await drained;
  });

  it('drain() closes idle connections after the grace period', async () => {
    const socket = await openIdle();
    const closed = once(socket, 'close');
    await listener.drain(20);
    await closed;
  });

  it('drain() closes connections that have brought nothing yet, as browsers open them ahead', async () => {
    const socket = await open();
    const connected = await openIdle();
    const closed = [once(socket, 'close'), once(connected, 'close')];
    const drained = listener.drain(20).then(() => 'drained');
    const outcome = await Promise.race([drained, delay(2000, 'waits', { ref: false })]);
    socket.destroy();
    assert.equal(outcome, 'drained');
    await Promise.all(closed);
  });

  it('drain() closes a connection that becomes idle after the grace period', async () => {
    const socket = await open();
    send(socket, '/later');
    await arrived.promise;
    // The head was sent without `Connection: close`.
    waiting[0]?.write('do');
    await answer(socket);
    const closed = once(socket, 'close');
    const drained = listener.drain();
    waiting[0]?.end('ne');
    await drained;
    await closed;
  });
});
