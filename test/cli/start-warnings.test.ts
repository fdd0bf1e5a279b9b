import assert from 'node:assert/strict';
import { warnAboutSettings } from '../../src/cli/start-warnings.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createLogger } from '../../src/observability/log.ts';

async function warnings(input: ConfigInput): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  const log = await createLogger(
    { level: 'info', format: 'json' },
    { write: (line: string) => void lines.push(line) },
  );
  warnAboutSettings(log, parseConfig(input));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a start warns about introspectionClients', () => {
  const api = (audience: string, more: object = {}) => ({
    audience,
    name: 'API',
    scopes: { [audience]: 'Read' },
    ...more,
  });

  it('in one line for all APIs without it', async () => {
    const apis = [
      api('https://a.example'),
      api('https://b.example', { introspectionClients: ['b'] }),
      api('https://c.example'),
    ];
    const lines = await warnings({ demo: false, apis });
    assert.equal(lines.length, 1);
    assert.deepEqual(lines[0]?.apis, ['https://a.example', 'https://c.example']);
    assert.match(String(lines[0]?.msg), /^apis: introspectionClients is not set/);
    assert.equal(lines[0]?.level, 'warn');
  });

  it('and not where it is set, also to an empty list', async () => {
    const apis = [api('https://a.example', { introspectionClients: [] })];
    assert.deepEqual(await warnings({ demo: true, apis }), []);
  });
});

describe('a start warns', () => {
  it('about outbound requests to private networks', async () => {
    const [line, ...others] = await warnings({ outbound: { privateNetworks: true } });
    assert.match(String(line?.msg), /^outbound\.privateNetworks is on: everyone who may register a client/);
    assert.deepEqual(others, []);
  });

  it('about the implicit flow of clients that register themselves', async () => {
    const [line, ...others] = await warnings({ registration: { mode: 'open', implicit: true } });
    assert.match(String(line?.msg), /^registration\.implicit is on: .* no longer recommended/);
    assert.deepEqual(others, []);
    assert.deepEqual(await warnings({ registration: { implicit: true } }), []);
  });

  it('about addresses that pages do not show in production', async () => {
    const client = {
      client_id: 'shop',
      redirect_uris: ['https://shop.example/cb'],
      token_endpoint_auth_method: 'none',
      logo_uri: 'http://shop.example/logo.png',
      policy_uri: 'http://shop.example/privacy',
      tos_uri: 'https://shop.example/terms',
    };
    const lines = await warnings({ issuer: 'https://id.example', clients: [client] });
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      [
        'clients.shop.logo_uri: is not https, so that pages do not show it',
        'clients.shop.policy_uri: is not https, so that pages do not show it',
      ],
    );
  });
});

describe('a start warns about response types of the front channel', () => {
  it('in one line for each client', async () => {
    const client = (id: string, response_types: string[]) => ({
      client_id: id,
      client_secret: 'a-secret-of-more-than-32-characters',
      redirect_uris: ['https://app.example/cb'],
      grant_types: ['authorization_code', 'implicit'],
      response_types,
    });
    const lines = await warnings({
      clients: [client('a', ['code', 'code token']), client('b', ['code id_token'])],
    });
    assert.deepEqual(
      lines.map(({ client: id, msg }) => [id, String(msg).split(',')[0]]),
      [
        ['a', 'clients.a.response_types: code token issues access tokens through the browser'],
        ['b', 'clients.b.response_types: code id_token issues ID tokens through the browser'],
      ],
    );
  });
});

describe('a start warns about schemes without a dot (RFC 8252 §8.4)', () => {
  const native = { client_id: 'editor', application_type: 'native', token_endpoint_auth_method: 'none' };

  it('in one line for each address', async () => {
    const client = {
      ...native,
      redirect_uris: ['cursor://cb', 'com.example.app:/cb', 'http://localhost/cb', 'https://app.example/cb'],
      post_logout_redirect_uris: ['vscode://signed-out'],
    };
    const lines = await warnings({ clients: [client] });
    assert.deepEqual(
      lines.map(({ level, client: id, msg }) => [level, id, msg]),
      [
        [
          'warn',
          'editor',
          'clients.editor.redirect_uris: "cursor://cb" has a scheme without a dot, which any app on the device can register to get the authorization response (RFC 8252 §8.4); prefer https, or a reversed domain name such as com.example.app:/callback',
        ],
        [
          'warn',
          'editor',
          'clients.editor.post_logout_redirect_uris: "vscode://signed-out" has a scheme without a dot, which any app on the device can register to be opened after the sign-out (RFC 8252 §8.4); prefer https, or a reversed domain name such as com.example.app:/callback',
        ],
      ],
    );
  });

  it('and says more with trust_loopback', async () => {
    const [line] = await warnings({
      clients: [{ ...native, redirect_uris: ['cursor://cb'], trust_loopback: true }],
    });
    assert.match(
      String(line?.msg),
      /to get the authorization response, with trust_loopback without a consent page/,
    );
  });

  it('and not about other addresses', async () => {
    const clients = [
      { ...native, redirect_uris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] },
      { client_id: 'job', grant_types: ['client_credentials'] },
      // Its metadata is not used, and so not validated.
      { ...native, client_id: 'released', release: true, redirect_uris: ['cursor://cb', 'no URI'] },
    ];
    assert.deepEqual(await warnings({ clients }), []);
  });
});
