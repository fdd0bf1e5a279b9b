import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { SignJWT } from 'jose';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { WEB } from '../support/flow.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

/** Every parameter and metadata member that may contain a URL, at this machine: no connection is made. `h-guarded-fetch.slow.test.ts` has the fetch. */
describe('H: outbound requests', () => {
  const publicKey = {
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    kid: 'k',
  };
  const stage = useStage({
    clients: [
      {
        client_id: 'asserting',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicKey] },
        redirect_uris: [WEB.redirectUri],
        logo_uri: 'http://127.0.0.1:1/logo.svg',
      },
    ],
  });
  let listener: Server;
  let port: number;
  let connections = 0;
  before(async () => {
    listener = createServer((socket) => {
      connections += 1;
      socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    port = (listener.address() as { port: number }).port;
  });
  after(() => listener?.close());

  /** A row that fails when the listener gets a connection. */
  function unvisited(id: string, what: string, expected: string, run: () => Promise<string>): void {
    row(id, what, expected, async () => {
      const seen = await run();
      assert.equal(connections, 0, 'connections');
      return seen;
    });
  }

  async function post(path: string, fields: Record<string, string>): Promise<string> {
    const body = new URLSearchParams(fields);
    return await answer(stage, await fetch(stage.issuer + path, { method: 'POST', body }));
  }

  /** A client assertion whose header names the URL of its key. */
  async function assertion(url: string, clientId = 'asserting'): Promise<string> {
    const { privateKey } = generateKeyPairSync('ed25519');
    return await new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'Ed25519', kid: 'k', jku: url, x5u: url })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(stage.issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);
  }

  const registered = async (metadata: Record<string, unknown>): Promise<string> => {
    const client = { client_id: 'new', redirect_uris: [WEB.redirectUri], ...metadata };
    await assert.rejects(stage.operator.clients.add(client), { name: 'ClientError' });
    return 'refused';
  };

  /** Each parameter with a URL. */
  const sinks: [place: string, expected: string, put: (url: string) => Promise<string>][] = [
    ['request_uri', 'R(invalid_request_uri)', (url) => authorizationAnswer(stage, { request_uri: url })],
    [
      'request_uri at /par',
      '400 invalid_request',
      async (url) =>
        await answer(
          stage,
          await fetch(`${stage.issuer}/par`, {
            method: 'POST',
            headers: { Authorization: `Basic ${btoa(`${WEB.id}:${WEB.secret}`)}` },
            body: new URLSearchParams({ request_uri: url, client_id: WEB.id }),
          }),
        ),
    ],
    ['client_id at /authorize', '400 page', (url) => authorizationAnswer(stage, { client_id: url })],
    [
      'client_id at /token',
      '401 invalid_client',
      (url) => post('/token', { grant_type: 'authorization_code', code: 'x', client_id: url }),
    ],
    [
      'jku and x5u of a client assertion',
      '401 invalid_client',
      async (url) =>
        await post('/token', {
          grant_type: 'authorization_code',
          code: 'x',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await assertion(url),
        }),
    ],
    ['jku of an id_token_hint', 'R(invalid_request)', hint],
    ['resource', 'R(invalid_target)', (url) => authorizationAnswer(stage, { resource: url })],
    ['jwks_uri', '401 invalid_client', (url) => keysAt(url.replace('http:', 'https:'))],
    ['sector_identifier_uri', 'refused', (url) => registered({ sector_identifier_uri: url })],
    ['request_uris', 'refused', (url) => registered({ request_uris: [url] })],
  ];

  async function keysAt(url: string): Promise<string> {
    const id = `keys-at-${crypto.randomUUID()}`;
    const metadata = { token_endpoint_auth_method: 'private_key_jwt', redirect_uris: [WEB.redirectUri] };
    await stage.operator.clients.add({ client_id: id, jwks_uri: url, ...metadata });
    return await post('/token', {
      grant_type: 'authorization_code',
      code: 'x',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(url, id),
    });
  }

  async function hint(url: string): Promise<string> {
    return await authorizationAnswer(stage, { id_token_hint: await assertion(url), prompt: 'none' });
  }

  for (const [place, expected, put] of sinks) {
    unvisited('H01', `${place} at this machine`, expected, () => put(`http://127.0.0.1:${port}/`));
  }

  for (const host of [
    '[::1]',
    '0.0.0.0',
    'localhost',
    '127.1',
    '2130706433',
    '169.254.169.254',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '[fd00::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
  ]) {
    unvisited('H01', `request_uri at ${host}`, 'R(invalid_request_uri)', () =>
      authorizationAnswer(stage, { request_uri: `https://${host}:${port}/` }),
    );
  }

  unvisited('H04', 'an address that redirects: nobody comes', 'R(invalid_request_uri)', () =>
    authorizationAnswer(stage, { request_uri: `http://127.0.0.1:${port}/redirect` }),
  );
  unvisited('H05', 'an address without end: nobody comes', 'R(invalid_request_uri)', () =>
    authorizationAnswer(stage, { request_uri: `http://127.0.0.1:${port}/endless` }),
  );
  unvisited('H06', 'http in jwks_uri', 'refused', () => registered({ jwks_uri: 'http://rp.example/jwks' }));
  unvisited('H06', 'http in jwks_uri, in production', 'refused', async () => {
    const metadata = { redirect_uris: ['https://rp.example/callback'], jwks_uri: 'http://rp.example/jwks' };
    const { problems } = checkMetadata(metadata, {
      apis: [],
      mode: 'production',
      signingAlgorithms: ['RS256'],
    });
    return problems.join() ===
      'jwks_uri: must be an https URL without a user name, of 2048 characters at most'
      ? 'refused'
      : problems.join();
  });

  unvisited('H07', 'many client ids that are addresses', '400 page, nothing stored', async () => {
    const before = await stage.records();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        authorizationAnswer(stage, { client_id: `http://127.0.0.1:${port}/${index}` }),
      ),
    );
    assert.deepEqual(await stage.recordsSince(before), []);
    return `${[...new Set(answers)].join()}, nothing stored`;
  });

  unvisited('H08', 'open and closed ports', 'the same response', async () => {
    const bodyFor = async (target: number): Promise<string> => {
      const clientId = `http://127.0.0.1:${target}/`;
      const response = await fetch(`${stage.issuer}/authorize?client_id=${encodeURIComponent(clientId)}`);
      // In development the error contains the id.
      return (await response.text()).replaceAll(/[0-9a-f-]{36}/g, 'trace id').replaceAll(clientId, 'id');
    };
    assert.equal(await bodyFor(port), await bodyFor(1));
    return 'the same response';
  });

  unvisited('H01', 'discovery offers none of it', 'absent', async () => {
    const metadata = (await (
      await fetch(`${stage.issuer}/.well-known/openid-configuration`)
    ).json()) as object;
    const offered = Object.entries(metadata).filter(
      ([name, value]) =>
        value !== false &&
        // Only registered ones are requested (`c-request-uri.test.ts`).
        !/^(?:request_uri_parameter_supported|require_request_uri_registration)$/.test(name) &&
        /request_uri|registration_endpoint|client_id_metadata/.test(name),
    );
    assert.deepEqual(offered, []);
    return 'absent';
  });
});
