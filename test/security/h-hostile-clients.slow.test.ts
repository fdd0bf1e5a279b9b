import assert from 'node:assert/strict';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { fetchRemoteKeys } from '../../src/clients/remote-keys.ts';
import { clientOfDocument, DocumentError } from '../../src/clients/self-registration/metadata-document.ts';
import { registrationPolicy } from '../../src/clients/self-registration/policy.ts';
import { createRegistrations } from '../../src/clients/self-registration/registrations.ts';
import { type Answer, call, outcome, register } from '../registration/client.ts';
import { authorizationRequest, authorize, signIn } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const KNOWN = 'https://known.example/callback';
const EVIL = 'https://evil.example/callback';

describe('H: hostile clients that have registered themselves', () => {
  const stage = useStage({
    registration: { mode: 'open', perNetwork: 100_000, overall: 1_000 },
    clients: [],
  });
  const registered = async (members: object): Promise<Answer['body']> => {
    const answer = await register(stage.issuer, members);
    assert.equal(outcome(answer), '201');
    return answer.body;
  };
  const ofClient = ({ client_id: id, client_secret: secret }: Answer['body'], redirectUri: string) => ({
    id: String(id),
    secret: String(secret),
    redirectUri,
  });
  const put = async (body: Answer['body'], changes: object): Promise<Answer> => {
    const { registration_access_token: token, registration_client_uri: url, client_id: id } = body;
    return await call(String(url), {
      method: 'PUT',
      token: String(token),
      body: { client_id: id, ...changes },
    });
  };

  /** What a silent request for another redirect URI gets. */
  const silently = async (
    agent: UserAgent,
    { client_id: id }: Answer['body'],
    scope: string,
  ): Promise<string> => {
    const parameters = { client_id: String(id), redirect_uri: EVIL, prompt: 'none', scope };
    const { url } = authorizationRequest(stage.issuer, parameters);
    const response = await agent.get(url, { 'Sec-Fetch-Dest': 'iframe' });
    const { searchParams } = new URL(response.headers.get('location') ?? 'none:');
    return searchParams.get('error') ?? (searchParams.has('code') ? 'a code' : String(response.status));
  };

  row(
    'H50',
    'consent that was given to one host, for another host of the client',
    'consent_required',
    async () => {
      const body = await registered({ redirect_uris: [KNOWN, EVIL] });
      const { agent } = await signIn(stage.issuer, { client: ofClient(body, KNOWN) });
      return await silently(agent, body, 'openid');
    },
  );

  row('H50', 'the same after the host was replaced, in a new session', 'consent_required', async () => {
    const body = await registered({ redirect_uris: [KNOWN] });
    await signIn(stage.issuer, { client: ofClient(body, KNOWN) });
    assert.equal(outcome(await put(body, { redirect_uris: [EVIL] })), '200');
    const other = await registered({ redirect_uris: [KNOWN] });
    const { agent } = await signIn(stage.issuer, { client: ofClient(other, KNOWN) });
    return await silently(agent, body, 'openid');
  });

  row('H50', 'more than this host was allowed', 'a code, consent_required', async () => {
    const body = await registered({ redirect_uris: [KNOWN, EVIL] });
    const { agent } = await signIn(stage.issuer, { client: ofClient(body, KNOWN) });
    const little = authorizationRequest(stage.issuer, {
      client_id: String(body.client_id),
      redirect_uri: EVIL,
      scope: 'openid',
    });
    await authorize(agent, little);
    return `${await silently(agent, body, 'openid')}, ${await silently(agent, body, 'openid email')}`;
  });

  row('F39', 'a pairwise client that moves into the sector of another', '3 × 400, its own sub', async () => {
    const pairwise = { subject_type: 'pairwise' };
    const changes = [
      [
        { ...pairwise, redirect_uris: [EVIL] },
        { ...pairwise, redirect_uris: [KNOWN] },
      ],
      [{ redirect_uris: [EVIL] }, { ...pairwise, redirect_uris: [KNOWN] }],
      [{ redirect_uris: [KNOWN] }, { ...pairwise, redirect_uris: [KNOWN] }],
    ] as const;
    const refused = await Promise.all(
      changes.map(async ([before, after]) => (await put(await registered(before), after)).status),
    );
    const body = await registered({ ...pairwise, redirect_uris: [EVIL] });
    const { tokens } = await signIn(stage.issuer, { client: ofClient(body, EVIL) });
    const subject = async () => {
      const response = await fetch(`${stage.issuer}/userinfo`, {
        headers: { Authorization: `Bearer ${tokens.access_token}` },
      });
      return ((await response.json()) as { sub: string }).sub;
    };
    const before = await subject();
    await put(body, { ...pairwise, redirect_uris: [KNOWN] });
    assert.equal(outcome(await put(body, { ...pairwise, redirect_uris: [EVIL, `${EVIL}/2`] })), '200');
    const count = refused.filter((status) => status === 400).length;
    return `${count} × 400, ${(await subject()) === before ? 'its own' : 'another'} sub`;
  });

  row('F39', 'the document of a pairwise client in the sector of another host', 'refused', async () => {
    const { config } = stage.server;
    const id = 'https://evil.example/client.json';
    const subjectsAt = (uri: string): string => {
      const document = { client_id: id, subject_type: 'pairwise', redirect_uris: [uri] };
      const read = { body: Buffer.from(JSON.stringify(document)), fetchedAt: 0 };
      try {
        clientOfDocument(id, read, registrationPolicy(config), metadataContext(config));
        return 'accepted';
      } catch (error) {
        assert.ok(error instanceof DocumentError);
        return 'refused';
      }
    };
    assert.equal(subjectsAt(EVIL), 'accepted');
    return subjectsAt(KNOWN);
  });

  row('H51', 'a PUT that a DELETE overtakes', 'nothing is replaced', async () => {
    const body = await registered({ redirect_uris: [KNOWN] });
    const id = String(body.client_id);
    const { config } = stage.server;
    const registrations = createRegistrations({
      clients: {
        ...stage.store.clients,
        find: (wanted) => stage.store.clients.find(wanted),
        // As with Redis: the change is computed, and the record that it was computed from has gone.
        async update(wanted, change) {
          const current = await stage.store.clients.find(wanted);
          if (current !== undefined) change(current);
          return undefined;
        },
      },
      sealer: {} as never,
      audit: { record: () => {} },
      clock: Date.now,
      policy: registrationPolicy(config),
      context: metadataContext(config),
      statementIssuers: [],
      outbound: {} as never,
    });
    const input = { client_id: id, redirect_uris: [EVIL] };
    const token = String(body.registration_access_token);
    const replaced = await registrations.replace(id, token, { input, facts: {} });
    return replaced === undefined ? 'nothing is replaced' : 'an answer with the metadata';
  });

  row('H52', 'a set of forty keys of 4096 bits, all different', '35 are not looked at', async () => {
    // Each would block the server for some 30 ms, one of 8192 bits for 250 ms.
    const keys = Array.from({ length: 40 }, (_, index) => ({
      kty: 'RSA',
      e: 'AQAB',
      n: Buffer.alloc(512, 0x80 + 2 * index).toString('base64url'),
    }));
    const document = {
      body: Buffer.from(JSON.stringify({ keys })),
      mediaType: '',
      fetchedAt: 0,
      freshUntil: 1,
    };
    const { leftOut } = await fetchRemoteKeys({ get: () => Promise.resolve(document) } as never, 'x', false);
    const set = { jwks: { keys: keys.slice(0, 20) }, token_endpoint_auth_method: 'private_key_jwt' };
    const inline = outcome(await register(stage.issuer, { redirect_uris: [KNOWN], ...set }));
    assert.match(inline, /^400 invalid_client_metadata: jwks/);
    return `${leftOut.filter((text) => text.includes('too many')).length} are not looked at`;
  });

  row('B18', 'a link to /logout for a browser without a session', 'the page of this server', async () => {
    const body = await registered({ redirect_uris: [EVIL], post_logout_redirect_uris: [EVIL] });
    const url = new URL(`${stage.issuer}/logout`);
    url.searchParams.set('client_id', String(body.client_id));
    url.searchParams.set('post_logout_redirect_uri', EVIL);
    const { tokens } = await signIn(stage.issuer, { client: ofClient(body, EVIL) });
    for (const hint of [undefined, tokens.id_token]) {
      if (hint !== undefined) url.searchParams.set('id_token_hint', hint);
      const location = (await new UserAgent().get(url)).headers.get('location') ?? '';
      if (!location.startsWith(`${stage.issuer}/`)) return location;
    }
    return 'the page of this server';
  });
});
