import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { authorizationRequest, basic, WEB } from '../support/flow.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { spoofed } from './support/spoofed.ts';
import { useStage } from './support/stage.ts';

describe('I: hosts, and paths that are not public', () => {
  const stage = useStage();
  const port = () => String(stage.server.port);

  const hosts: [what: string, host: (port: string) => string | string[] | undefined][] = [
    ['evil.example', () => 'evil.example'],
    ['another port', () => 'localhost:1'],
    ['no port', () => 'localhost'],
    ['the address', (port) => `127.0.0.1:${port}`],
    ['the IPv6 address', (port) => `[::1]:${port}`],
    ['a dot at the end', (port) => `localhost.:${port}`],
    ['a name above it', (port) => `evil.localhost:${port}`],
    ['a name below it', (port) => `localhost.evil.example:${port}`],
    ['a user name', (port) => `localhost:${port}@evil.example`],
    ['a user name before it', (port) => `evil.example@localhost:${port}`],
    ['a path', (port) => `localhost:${port}/evil`],
    ['a zero before the port', (port) => `localhost:0${port}`],
    ['two ports', (port) => `localhost:${port}:80`],
    ['two hosts in one', (port) => `localhost:${port}, evil.example`],
    ['two headers', (port) => [`localhost:${port}`, 'evil.example']],
    ['two headers, evil first', (port) => ['evil.example', `localhost:${port}`]],
    ['two headers that agree', (port) => [`localhost:${port}`, `localhost:${port}`]],
    ['letters that look alike', (port) => `\xffocalhost:${port}`],
    ['Punycode', (port) => `xn--localhost-:${port}`],
    ['empty', () => ''],
    ['a space in it', (port) => `local host:${port}`],
  ];
  for (const [what, host] of hosts) {
    row('I09', `Host: ${what}`, '421', async () => {
      const { status, text } = await requestRaw(stage, 'GET /.well-known/openid-configuration HTTP/1.1', {
        Host: host(port()),
      });
      assert.doesNotMatch(text, /evil|"token_endpoint"/);
      return String(status);
    });
  }
  row('I09', 'no Host', '400', async () =>
    String((await requestRaw(stage, 'GET /jwks HTTP/1.1', { Host: undefined })).status),
  );
  row('I09', 'no Host in HTTP/1.0', '421', async () =>
    String((await requestRaw(stage, 'GET /jwks HTTP/1.0', { Host: undefined })).status),
  );
  row('I09', 'Host in capitals', '200', async () =>
    String((await requestRaw(stage, 'GET /jwks HTTP/1.1', { Host: stage.host.toUpperCase() })).status),
  );
  for (const [what, target] of [
    ['the whole URL', (issuer: string) => `${issuer}/jwks`],
    ['the whole URL in capitals', (issuer: string) => `${issuer.toUpperCase()}/jwks`],
    ['the whole URL of the front page', (issuer: string) => issuer],
    ['the whole URL and a query', (issuer: string) => `${issuer}?a=b`],
  ] as const) {
    row('I09', `target: ${what}`, '200', async () =>
      String((await requestRaw(stage, `GET ${target(stage.issuer)} HTTP/1.1`)).status),
    );
  }
  row('I09', 'target: the absolute URL of an engine page', 'a redirect to the interaction', async () => {
    const { search } = authorizationRequest(stage.issuer).url;
    const { status, headers } = await requestRaw(stage, `GET ${stage.issuer}/authorize${search} HTTP/1.1`);
    assert.deepEqual([status, headers.location?.startsWith('/interaction/')], [303, true]);
    return 'a redirect to the interaction';
  });
  for (const [what, target, host] of [
    ['the whole URL, for another Host', (issuer: string) => `${issuer}/jwks`, 'evil.example'],
    ['https where the issuer is http', (issuer: string) => `${issuer.replace('http', 'https')}/jwks`],
    ['a user name', (issuer: string) => `${issuer.replace('//', '//evil@')}/jwks`],
    ['another port', (issuer: string) => `${issuer}1/jwks`],
  ] as const) {
    row('I09', `target: ${what}`, '421', async () =>
      String(
        (
          await requestRaw(
            stage,
            `GET ${target(stage.issuer)} HTTP/1.1`,
            host === undefined ? {} : { Host: host },
          )
        ).status,
      ),
    );
  }
  for (const [target, expected] of [
    ['http://evil.example/jwks', '421'],
    ['https://evil.example/jwks', '421'],
    ['evil.example:443', '400'],
    ['*', '421'],
  ] as const) {
    row('I09', `target ${target}`, expected, async () =>
      String((await requestRaw(stage, `GET ${target} HTTP/1.1`)).status),
    );
  }

  const { search } = authorizationRequest('http://localhost').url;
  for (const [method, path] of [
    ['GET', '/.well-known/openid-configuration'],
    ['GET', '/.well-known/oauth-authorization-server'],
    ['GET', '/'],
    ['GET', `/authorize${search}`],
    ['GET', '/authorize?client_id=unknown'],
    ['GET', '/logout'],
    ['GET', '/nowhere'],
    ['POST', '/token'],
    ['POST', '/par'],
    ['POST', '/userinfo'],
  ] as const) {
    row(
      'I09',
      `${method} ${path.split('?')[0]}: URLs and addresses that are made up`,
      'the issuer',
      async () => {
        const headers = { ...spoofed('203.0.113.9'), Authorization: basic(WEB) };
        const body = method === 'POST' ? `x=y${search.replace('?', '&')}` : '';
        const { text } = await requestRaw(stage, `${method} ${path} HTTP/1.1`, headers, body);
        assert.doesNotMatch(text, /evil|203\.0\.113\.9|:81\b|; ?secure/i);
        for (const [url] of text.matchAll(/https?:\/\/localhost[^\s"<&]*/g)) {
          if (!url.startsWith(WEB.redirectUri) && !/localhost:300[12]/.test(url))
            assert.equal(new URL(url).origin, stage.issuer);
        }
        assert.doesNotMatch(stage.logged, /203\.0\.113\.9|evil\.example/);
        return 'the issuer';
      },
    );
  }

  const management = [
    '/metrics',
    '/healthz',
    '/readyz',
    '/health',
    '/admin',
    '/admin/',
    '/debug',
    '/.env',
    '/.git/config',
  ];
  for (const path of [
    ...management,
    '/assets/..%2f..%2fpackage.json',
    '/assets/../package.json',
    '/assets/%2e%2e/',
  ]) {
    row('I16', `${path} on the public port`, '404', async () =>
      String((await requestRaw(stage, `GET ${path} HTTP/1.1`)).status),
    );
  }
  row('I16', '/metrics with the host of the management port', '421', async () => {
    const host = `127.0.0.1:${stage.server.managementPort}`;
    return String((await requestRaw(stage, 'GET /metrics HTTP/1.1', { Host: host })).status);
  });
  row('I16', 'the management port', '200 and nothing else', async () => {
    const at = `http://127.0.0.1:${stage.server.managementPort}`;
    assert.equal((await fetch(`${at}/healthz`)).status, 200);
    for (const path of ['/token', '/authorize', '/admin', '/'])
      assert.equal((await fetch(at + path)).status, 404, path);
    assert.equal((await fetch(`${at}/metrics`, { method: 'POST' })).status, 405);
    const metrics = await (await fetch(`${at}/metrics`)).text();
    assert.doesNotMatch(metrics, /demo-web-secret|alice|eyJ/);
    return '200 and nothing else';
  });

  // DNS rebinding: a web page resolves its own name to the address of the management port. The browser sends that name.
  for (const path of ['/metrics', '/readyz', '/healthz']) {
    for (const host of [
      'evil.example',
      'evil.example:9000',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '[evil.example]',
      'a b',
    ]) {
      row('I17', `${path} of the management port as ${host}`, '421', () => askManagement(path, host));
    }
    for (const host of [
      '127.0.0.1:9000',
      '[::1]:9000',
      '10.1.2.3',
      'localhost',
      'LOCALHOST:9000',
      undefined,
    ]) {
      row('I17', `${path} of the management port as ${host ?? 'no host'}`, '200', () =>
        askManagement(path, host),
      );
    }
  }

  /** The status. Without a host: like an HTTP/1.0 probe. */
  async function askManagement(path: string, host: string | undefined): Promise<string> {
    const socket = connect(stage.server.managementPort, '127.0.0.1');
    const lines = host === undefined ? 'HTTP/1.0' : `HTTP/1.1\r\nHost: ${host}\r\nConnection: close`;
    socket.write(`GET ${path} ${lines}\r\n\r\n`);
    return /^HTTP\/1\.1 (\d+)/.exec(await text(socket))?.[1] ?? 'nothing';
  }
});

for (const [issuer, defaultPort, otherPort] of [
  ['https://login.example.com', 443, 80],
  ['http://localhost', 80, 443],
] as const) {
  describe(`I: hosts of ${issuer}`, () => {
    const stage = useStage({ issuer, port: 0, trustedProxies: ['127.0.0.1'] });
    const { host } = new URL(issuer);

    for (const [header, expected] of [
      [host, '200'],
      [`${host}:${defaultPort}`, '200'],
      [`${host.toUpperCase()}:${defaultPort}`, '200'],
      [`${host}:${otherPort}`, '421'],
      [`${host}:0${defaultPort}`, '421'],
      [`${host}:`, '421'],
      [`${host}.`, '421'],
      [`${host}.:${defaultPort}`, '421'],
      [`${host}:${defaultPort}:${defaultPort}`, '421'],
      [`evil.example:${defaultPort}`, '421'],
    ] as const) {
      row('I09', `Host: ${header}`, expected, async () => {
        const path = '/.well-known/openid-configuration';
        const { status, body } = await requestRaw(stage, `GET ${path} HTTP/1.1`, { Host: header });
        if (status === 200)
          assert.equal((JSON.parse(body) as { token_endpoint: string }).token_endpoint, `${issuer}/token`);
        return String(status);
      });
    }

    for (const [target, expected] of [
      [`${issuer}/jwks`, '200'],
      [`${issuer}:${defaultPort}/jwks`, '200'],
      [`${issuer}:${otherPort}/jwks`, '421'],
      [`${issuer}./jwks`, '421'],
      [`${issuer.startsWith('https') ? 'http' : 'https'}://${host}/jwks`, '421'],
    ] as const) {
      row('I09', `target: ${target}`, expected, async () =>
        String((await requestRaw(stage, `GET ${target} HTTP/1.1`, { Host: host })).status),
      );
    }
  });
}
