import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { basic, WEB } from '../support/flow.ts';
import { SigningClient } from '../support/request-object.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

describe('C: request objects by reference', () => {
  const stage = useStage();
  let signing: SigningClient;
  let other: SigningClient;
  let listener: Server;
  let port: number;
  let connections = 0;
  before(async () => {
    listener = createServer((_request, response) => void response.end('x'));
    listener.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    ({ port } = listener.address() as AddressInfo);
    const hosts = [`localhost:${port}`, `127.0.0.1:${port}`, `[::ffff:127.0.0.1]:${port}`, 'app.example'];
    signing = await SigningClient.create('signing');
    other = await SigningClient.create('other');
    await stage.operator.clients.add(signing.metadata);
    const request_uris = hosts.map((host) => `https://${host}/r.jwt`);
    await stage.operator.clients.add({ ...other.metadata, request_uris });
  });
  after(() => void listener?.close());

  const ask = (client_id: string, request_uri: string): Promise<string> =>
    authorizationAnswer(stage, { client_id, scope: 'openid', request_uri });

  const push = async (form: Record<string, string>, headers = {}): Promise<string> => {
    const body = new URLSearchParams(form);
    return await answer(stage, await fetch(`${stage.issuer}/par`, { method: 'POST', headers, body }));
  };

  const UNREGISTERED = 'R(invalid_request_uri), 0 connections';

  row('C10', 'request_uri that is not registered, or by another client', UNREGISTERED, async () => {
    const seen = new Set<string>();
    for (const uri of [
      `https://127.0.0.1:${port}/x`,
      `http://127.0.0.1:${port}/r.jwt`,
      `https://localhost:${port}/r.jwt?x`,
      `https://localhost:${port}/r.jwt/`,
      `https://LOCALHOST:${port}/r.jwt`,
      `https://localhost:${port}/%72.jwt`,
      `https://user@localhost:${port}/r.jwt`,
      `https://localhost:${port}/r.jwt#${'x'.repeat(512)}`,
      'file:///etc/passwd',
      'data:,x',
      'urn:x',
      'x',
    ]) {
      seen.add(await ask('other', uri));
    }
    for (const id of ['signing', WEB.id]) seen.add(await ask(id, `https://localhost:${port}/r.jwt`));
    return `${[...seen].join(', ')}, ${connections} connections`;
  });

  row('C10', 'registered request_uri on a private address', UNREGISTERED, async () => {
    const seen = new Set<string>();
    for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]']) {
      seen.add(await ask('other', `https://${host}:${port}/r.jwt#v2`));
    }
    // The log of several workers arrives later.
    await eventually(
      'the log has a refused address for each',
      async () => stage.logged.match(/"failure":"address"/g)?.length === 3,
    );
    return `${[...seen].join(', ')}, ${connections} connections`;
  });

  row('C12', 'PAR: request_uri, registered or not', '400 invalid_request, 0 connections', async () => {
    const seen = new Set<string>();
    for (const request_uri of [`https://localhost:${port}/r.jwt`, 'urn:ietf:params:oauth:request_uri:x']) {
      seen.add(await push({ request_uri }, { Authorization: basic(other) }));
      seen.add(await push({ request_uri, request: 'x' }, { Authorization: basic(other) }));
    }
    return `${[...seen].join(', ')}, ${connections} connections`;
  });

  row(
    'C12',
    'PAR: an object of another client, of an unauthenticated one',
    '400 invalid_request_object, 401 invalid_client',
    async () => {
      const request = await signing.object(stage.issuer);
      const mismatch = await push({ request }, { Authorization: basic(other) });
      return `${mismatch}, ${await push({ request: 'nonsense', client_id: WEB.id })}`;
    },
  );
});
