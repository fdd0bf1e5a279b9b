import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ResolveHost } from '../../src/outbound/addresses.ts';
import type { OutboundError } from '../../src/outbound/errors.ts';
import type { Outbound } from '../../src/outbound/outbound.ts';
import { OUTBOUND_PURPOSES, type OutboundPurpose } from '../../src/outbound/purpose.ts';
import { testOutbound } from '../outbound/fixture.ts';
import { ClientServer } from '../support/client-server.ts';
import { readText, repositoryFiles } from '../support/repository-files.ts';
import { row } from './support/row.ts';

/** In production: https, public addresses. */
const GUARDED = { privateNetworks: false, http: false };
const LIMIT = 64 * 1024;
const KIB = Buffer.alloc(1024, ' ');

describe('H: the guarded fetch', () => {
  const listener = new ClientServer();
  const other = new ClientServer();
  const ipv6 = new ClientServer();
  before(() => Promise.all([listener.start(), other.start(), ipv6.start('::1')]));
  beforeEach(() => {
    for (const server of [listener, other, ipv6]) server.reset();
  });
  after(() => Promise.all([listener.stop(), other.stop(), ipv6.stop()]));

  const connections = () => listener.connections + other.connections + ipv6.connections;

  /** @returns `ok`, the status of a form, or the failure */
  async function send(
    outbound: Outbound,
    url: string,
    purpose: OutboundPurpose = 'jwks_uri',
  ): Promise<string> {
    try {
      if (purpose !== 'backchannel_logout_uri') {
        await outbound.get(url, { purpose });
        return 'ok';
      }
      return String((await outbound.post(url, { purpose, form: {} })).status);
    } catch (error) {
      const { name, failure } = error as OutboundError;
      assert.equal(name, 'OutboundError', String(error));
      return failure;
    }
  }

  /** @returns results without repetitions, and the connections that were made */
  const summary = (results: string[]) => `${[...new Set(results)].join()}, ${connections()} connections`;

  const hosts = [
    'localhost',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '169.254.169.254',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '[fd00::1]',
    '[fe80::1]',
  ];
  for (const purpose of OUTBOUND_PURPOSES) {
    row('H01', `${purpose} at private addresses`, 'address, 0 connections', async () => {
      const outbound = testOutbound({ settings: GUARDED });
      const ports = [listener.port, ipv6.port];
      const urls = hosts.flatMap((host) => ports.map((port) => `https://${host}:${port}/`));
      return summary(await Promise.all(urls.map((url) => send(outbound, url, purpose))));
    });
  }

  row('H01', 'names with private addresses', 'address, 0 connections', async () => {
    const addresses = [
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '64:ff9b::7f00:1',
      '169.254.169.254',
    ];
    const results = addresses.map((address) => {
      const resolve: ResolveHost = async () => [
        { address: '8.8.8.8', family: 4 },
        { address, family: address.includes(':') ? 6 : 4 },
      ];
      return send(testOutbound({ settings: GUARDED, resolve }), `https://rp.example:${listener.port}/`);
    });
    return summary(await Promise.all(results));
  });

  row('H01', 'link-local addresses with the switch for private networks', 'address', async () => {
    const urls = ['http://169.254.169.254/latest/meta-data/', 'http://[fd00:ec2::254]/', 'http://0.0.0.0/'];
    const results = await Promise.all(urls.map((url) => send(testOutbound(), url)));
    return [...new Set(results)].join();
  });

  row(
    'H09',
    'a name server that answers with another address the second time',
    '1 lookup, ok, address',
    async () => {
      let lookups = 0;
      const resolve: ResolveHost = async () =>
        (lookups += 1) === 1
          ? [{ address: '127.0.0.1', family: 4 }]
          : [{ address: '169.254.169.254', family: 4 }];
      const outbound = testOutbound({ resolve });
      const first = await send(outbound, `http://rp.example:${listener.port}/`);
      assert.deepEqual([lookups, listener.connections], [1, 1]);
      return `${lookups} lookup, ${first}, ${await send(outbound, `http://rp.example:${listener.port}/again`)}`;
    },
  );

  row('H09', 'a name of this machine is resolved by the guard alone', 'ok, 0 connections to it', async () => {
    const resolve: ResolveHost = async () => [{ address: '127.0.0.1', family: 4 }];
    // The operating system knows ::1 as localhost, too.
    return `${await send(testOutbound({ resolve }), `http://localhost:${listener.port}/`)}, ${ipv6.connections} connections to it`;
  });

  for (const status of [301, 302, 303, 307, 308]) {
    row('H04', `a redirect (${status})`, `redirect, ${status}, 0 connections`, async () => {
      listener.answer = (_request, response) => {
        response.writeHead(status, { Location: `http://127.0.0.1:${other.port}/` }).end();
      };
      const outbound = testOutbound();
      const got = await send(outbound, listener.origin);
      const posted = await send(outbound, listener.origin, 'backchannel_logout_uri');
      return `${got}, ${posted}, ${other.connections} connections`;
    });
  }

  /** Sends a response, and counts what the client of it has taken when it closes the connection. */
  async function measured(respond: (response: ServerResponse) => void, timeout = 2_500): Promise<string> {
    const closed = new Promise<void>((resolve) => {
      listener.answer = (request, response) => {
        request.socket.once('close', resolve);
        respond(response);
      };
    });
    const seen = await send(testOutbound({ timeout }), listener.origin);
    await closed;
    return seen;
  }

  const endlessly = (response: ServerResponse, chunk: Buffer) => {
    let written = 0;
    const write = (): void => {
      // More than the buffers of both sockets hold.
      assert.ok((written += chunk.length) < 64 * 1024 * 1024, 'everything is read');
      if (response.destroyed) return;
      if (response.write(chunk)) setImmediate(write);
      else response.once('drain', write);
    };
    write();
  };

  row('H05', 'a body of 64 KiB', 'ok', () => measured((response) => void response.end(Buffer.alloc(LIMIT))));
  row('H05', 'a byte more', 'size', () => measured((response) => void response.end(Buffer.alloc(LIMIT + 1))));
  row('H05', 'a body of a gigabyte, announced', 'size', () =>
    measured((response) => void response.writeHead(200, { 'Content-Length': 1e9 }).write(KIB)),
  );
  row('H05', 'a body without an end', 'size', () => measured((response) => endlessly(response, KIB)));
  row('H05', 'headers without an end', 'connection', () =>
    measured((response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\n');
      response.socket?.end(`X: ${'x'.repeat(20_000)}\r\n\r\n`);
    }),
  );
  for (const encoding of ['gzip', 'br', 'deflate, gzip', 'GZIP']) {
    row('H05', `a compressed body (${encoding})`, 'encoding', () =>
      measured((response) => {
        response.setHeader('Content-Encoding', encoding).end(gzipSync(Buffer.alloc(16 * 1024 * 1024)));
      }),
    );
  }
  row('H05', 'a byte each 20 ms, more slowly than allowed', 'timeout', () =>
    measured((response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(timer));
    }, 150),
  );
  row('H05', 'no answer', 'timeout', () => measured(() => {}, 100));
  row('H05', 'a name server that does not answer', 'timeout', () =>
    send(testOutbound({ resolve: () => new Promise(() => {}), timeout: 100 }), 'https://rp.example/'),
  );
  row('H05', 'an endless body after the status of a form', '200', async () => {
    listener.answer = (_request, response) => endlessly(response, KIB);
    return await send(testOutbound(), listener.origin, 'backchannel_logout_uri');
  });

  row('H06', 'http in production, with the switch too', 'url, 0 connections', async () => {
    const outbound = testOutbound({ settings: { privateNetworks: true, http: false } });
    return summary(
      await Promise.all(OUTBOUND_PURPOSES.map((purpose) => send(outbound, listener.origin, purpose))),
    );
  });

  row(
    'H08',
    'open, closed, silent, private and unknown hosts',
    'the document could not be fetched',
    async () => {
      listener.answer = (_request, response) => void response.socket?.end('220 smtp.example ESMTP\r\n');
      other.answer = () => {};
      const resolve: ResolveHost = async () => Promise.reject(new Error('ENOTFOUND'));
      const attempts: [Outbound, string][] = [
        [testOutbound(), listener.origin],
        [testOutbound(), 'http://127.0.0.1:1/'],
        [testOutbound({ timeout: 100 }), other.origin],
        [testOutbound({ settings: GUARDED }), 'https://127.0.0.1/'],
        [testOutbound({ resolve }), 'https://unknown.example/'],
      ];
      const messages = attempts.map(([outbound, url]) =>
        outbound.get(url, { purpose: 'jwks_uri' }).then(
          () => 'found',
          (error: unknown) => (error as OutboundError).message,
        ),
      );
      return [...new Set(await Promise.all(messages))].join();
    },
  );

  row('H10', 'another way to the network in the server', 'none', async () => {
    const root = join(import.meta.dirname, '../..');
    const others = /^src\/(?:outbound|cli|workers|sample-app|resource-server)\//;
    const files = repositoryFiles(root).filter((path) => /^src\/.*\.ts$/.test(path) && !others.test(path));
    const found = files.filter((path) => {
      const code = (readText(root, path) ?? '').replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '');
      return /(?<![\w.])fetch\(|\bhttps?\.(?:get|request)\(|'node:(?:https|http2|tls|dgram)'|'undici'/.test(
        code,
      );
    });
    return found.join() || 'none';
  });
});
