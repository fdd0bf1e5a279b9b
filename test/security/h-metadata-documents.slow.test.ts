import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { DocumentHost, documentOf } from '../support/document-host.ts';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const CALLBACK = 'https://tool.example/callback';
const HOUR = 3600;
/** Documents that one network may have fetched. */
const LIMIT = LONG ? 100 : 20;
const FLOOD = 5 * LIMIT;

describe('H: clients by their metadata documents', () => {
  const host = new DocumentHost();
  const stage = useStage({
    outbound: { privateNetworks: true },
    registration: { documents: 'open', perNetwork: LIMIT },
    clients: [],
  });
  before(() => host.start());
  after(() => host.stop());
  beforeEach(() => (host.requests = []));

  const requestOf = (clientId: string, parameters: Record<string, string> = {}) =>
    authorizationRequest(stage.issuer, {
      client_id: clientId,
      redirect_uri: CALLBACK,
      scope: 'openid',
      ...parameters,
    });
  const authorization = (clientId: string) =>
    authorizationAnswer(stage, { client_id: clientId, redirect_uri: CALLBACK, scope: 'openid' });

  async function redeem(clientId: string, request: { verifier: string }, callback: URL): Promise<Response> {
    return await fetch(`${stage.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: String(callback.searchParams.get('code')),
        redirect_uri: CALLBACK,
        code_verifier: request.verifier,
      }),
    });
  }

  /** The text of the page that a signed-in person gets; undefined where no page asks. */
  async function consentPage(agent: UserAgent, clientId: string): Promise<string | undefined> {
    const { response, url } = await agent.follow(requestOf(clientId).url);
    if (url.origin !== stage.issuer) return undefined;
    return (await response.text()).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
  }

  row(
    'H60',
    'consent to one document, then another one',
    'asks, remembered, asks, listed, asks',
    async () => {
      const [one, other] = [host.publish(), host.publish({ client_name: 'Other' })];
      const agent = new UserAgent();
      const asks = async (id: string) =>
        (await consentPage(agent, id)) === undefined ? 'remembered' : 'asks';
      await authorize(agent, requestOf(host.publish()));
      const first = await asks(one);
      await authorize(agent, requestOf(one));
      const seen = [first, await asks(one), await asks(other)];
      const { consents } = stage.operator;
      const account = await stage.operator.accounts.findByUsername(DEMO_ACCOUNT.username);
      const accountId = String(account?.id);
      const page = await consents.list(accountId, { limit: 10 });
      seen.push(page.consents.some(({ clientId }) => clientId === one) ? 'listed' : 'absent');
      assert.deepEqual(
        page.consents.map(({ clientId }) => clientId),
        page.consents.map(({ clientId }) => clientId).sort(),
      );
      assert.equal(await consents.withdraw(accountId, one), true);
      seen.push(await asks(one));
      return seen.join(', ');
    },
  );

  row(
    'H61',
    'a document that changes between requests',
    '303 /interaction, then 400 page; 400 invalid_grant',
    async () => {
      const id = host.publish();
      const agent = new UserAgent();
      const request = requestOf(id);
      const first = await authorization(id);
      const callback = await authorize(agent, request);
      host.change(id, documentOf(id, { redirect_uris: ['https://other.example/callback'] }));
      await stage.advance(HOUR + 1);
      const second = await authorization(id);
      return `${first}, then ${second}; ${await answer(stage, await redeem(id, request, callback))}`;
    },
  );

  row('H62', 'a redirect URI that leaves the document while the person signs in', '400 page', async () => {
    const id = host.publish();
    await authorization(id);
    await stage.advance(HOUR / 12 - 10);
    const agent = new UserAgent();
    const { response, url } = await agent.follow(requestOf(id).url);
    const html = await response.text();
    host.change(id, documentOf(id, { redirect_uris: ['https://other.example/callback'] }));
    // Each worker keeps what it has read for five minutes.
    await stage.advance(HOUR / 12);
    host.requests = [];
    const { username, password } = DEMO_ACCOUNT;
    const next = await agent.submit({ url, html }, { login: username, password });
    assert.equal(next.url.origin, stage.issuer);
    // Once in a process; of several workers, the one of the form and the one of the page after it may be two.
    const reads = host.requests.length;
    assert.ok(reads === 1 || (reads === 2 && stage.storage === 'redis'), `read ${reads} times`);
    const text = await next.response.text();
    assert.match(text, /invalid_redirect_uri/);
    return `${next.response.status} page`;
  });

  row(
    'H63',
    'documents that redirect, never end, are late, compressed or no document',
    '6 × 400 page',
    async () => {
      const answers: Record<string, Parameters<DocumentHost['change']>[1]> = {
        redirect: (_request, response) => response.writeHead(302, { Location: host.publish() }).end(),
        huge: (_request, response) => {
          response.on('error', () => undefined);
          const send = (): void => {
            while (!response.destroyed && response.write('x'.repeat(65_536)));
            if (!response.destroyed) response.once('drain', send);
          };
          send();
        },
        silent: () => undefined,
        compressed: (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('{}'),
        list: [],
        other: documentOf('https://tool.example/client.json'),
      };
      const ids = Object.entries(answers).map(([name, document]) => {
        host.documents.set(`/${name}`, document);
        return `${host.origin}/${name}`;
      });
      const began = Date.now();
      const seen = await Promise.all(ids.map(authorization));
      assert.ok(Date.now() - began < 5000);
      assert.deepEqual(host.requests.length, ids.length);
      return `${seen.length} × ${[...new Set(seen)].join()}`;
    },
  );

  row('H64', 'names and hosts that look like others', 'punycode, the host, 2 × 400 page', async () => {
    const agent = new UserAgent();
    await authorize(agent, requestOf(host.publish()));
    // In Cyrillic and Latin letters.
    const mixed = host.publish({ client_name: 'Раypal' });
    const page = await consentPage(agent, mixed);
    assert.match(String(page), /tool\.example asks for/);
    assert.doesNotMatch(String(page), /Раypal/);
    const names = ['Signet', 'S\u200Bignet', '<script>'].map((name) => host.publish({ client_name: name }));
    const [own, hidden] = await Promise.all(names.map(authorization));
    const markup = await (await agent.follow(requestOf(String(names[2])).url)).response.text();
    assert.doesNotMatch(markup, /<script>asks/);
    const international = new URL('https://аpple.example/client.json');
    assert.match(international.href, /xn--/);
    // Only the spelling with punycode is an id.
    assert.equal(await authorization('https://аpple.example/client.json'), '400 page');
    return `punycode, the host, 2 × ${[...new Set([own, hidden])].join()}`;
  });

  row(
    'H65',
    'an id with a user, a fragment, a dot segment or a control character',
    '6 × 400 page, 0 requests',
    async () => {
      const { host: authority, pathname } = new URL(host.publish());
      const seen = await Promise.all(
        [
          `http://user:secret@${authority}${pathname}`,
          `http://${authority}${pathname}#`,
          `http://${authority}/a/..${pathname}`,
          `http://${authority}/%2E%2E${pathname}`,
          `http://${authority}${pathname}\n`,
          `HTTP://${authority}${pathname}`,
        ].map(authorization),
      );
      return `${seen.length} × ${[...new Set(seen)].join()}, ${host.requests.length} requests`;
    },
  );

  row(
    'H66',
    'a client of the operator whose id is the address of a document',
    'the client, 0 requests, 200, then 401',
    async () => {
      const id = host.publish({ client_name: 'Impostor' });
      const request = requestOf(id);
      const callback = await authorize(new UserAgent(), request);
      const tokens = (await (await redeem(id, request, callback)).json()) as { access_token: string };
      const userinfo = async (): Promise<number> => {
        const headers = { Authorization: `Bearer ${tokens.access_token}` };
        return (await fetch(`${stage.issuer}/userinfo`, { headers })).status;
      };
      const before = await userinfo();
      await stage.operator.clients.add({
        client_id: id,
        client_name: 'Of the operator',
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: 'none',
      });
      // A client is read once in a second.
      await stage.advance(2);
      const agent = new UserAgent();
      await authorize(agent, requestOf(host.publish()));
      host.requests = [];
      const page = String(await consentPage(agent, id));
      assert.match(page, /Of the operator asks for/);
      assert.doesNotMatch(page, /Impostor|No administrator/);
      return `the client, ${host.requests.length} requests, ${before}, then ${await userinfo()}`;
    },
  );

  row(
    'H67',
    'a server of a document that is down',
    'the last document for a day, then 400 page',
    async () => {
      const id = host.publish();
      assert.equal(await authorization(id), '303 /interaction');
      host.change(id, (request) => request.socket.destroy());
      await stage.advance(HOUR + 1);
      assert.equal(await authorization(id), '303 /interaction');
      await stage.advance(24 * HOUR);
      return `the last document for a day, then ${await authorization(id)}`;
    },
  );

  row(
    'H07',
    `${FLOOD} ids of documents from one network`,
    `${LIMIT} requests, ${FLOOD - LIMIT} × 429 temporarily_unavailable`,
    async () => {
      await stage.advance(HOUR);
      const known = host.publish();
      await authorization(known);
      await stage.advance(HOUR);
      host.requests = [];
      const post = async (index: number): Promise<Response> =>
        await fetch(`${stage.issuer}/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'refresh_token',
            refresh_token: 'x',
            client_id: `${host.origin}/flood-${index}`,
            ...(index % 2 === 0 && { client_secret: 'x' }),
          }),
        });
      const seen: string[] = [];
      for (let index = 0; index < FLOOD; index += 25) {
        const responses = await Promise.all(Array.from({ length: 25 }, (_, offset) => post(index + offset)));
        for (const response of responses) {
          if (response.status === 429) assert.match(String(response.headers.get('retry-after')), /^\d+$/);
          seen.push(await answer(stage, response));
        }
      }
      const refused = seen.filter((each) => each.startsWith('429'));
      assert.deepEqual([...new Set(seen)].sort(), ['401 invalid_client', '429 temporarily_unavailable']);
      assert.equal(await authorization(`${host.origin}/one-more`), '429 page');
      // What a process knows is not affected; with several, each has its own clients.
      if (stage.storage === 'sqlite') assert.equal(await authorization(known), '303 /interaction');
      const floods = host.requests.filter((path) => path.startsWith('/flood-')).length;
      return `${floods} requests, ${refused.length} × ${[...new Set(refused)].join()}`;
    },
  ).timeout(60_000);
});
