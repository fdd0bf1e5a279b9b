import assert from 'node:assert/strict';
import { authorizationRequest } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { type Answer, APP, outcome, register } from '../registration/client.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const REFUSED = '400 invalid_client_metadata';

describe('H: clients that register themselves', () => {
  const stage = useStage({ registration: { mode: 'open', perNetwork: 100_000 }, clients: [] });
  const send = (body: unknown, headers?: Record<string, string>): Promise<Answer> =>
    register(stage.issuer, body, headers && { headers });
  const code = ({ status, body }: Answer): string =>
    status < 400 ? String(status) : `${status} ${String(body.error)}`;
  /** The different answers to all of these. */
  const codes = async (bodies: readonly unknown[]): Promise<string> =>
    [...new Set((await Promise.all(bodies.map((body) => send(body)))).map(code))].join(', ');

  row('H40', 'a body of 65 KiB', `${REFUSED}, nothing stored`, async () => {
    const before = await stage.records();
    const seen = code(await send({ ...APP, software_id: 'x'.repeat(65 * 1024) }));
    assert.deepEqual(await stage.recordsSince(before), []);
    return `${seen}, nothing stored`;
  });

  row('H41', 'objects and lists in each other, 10,000 deep', REFUSED, () =>
    codes([
      `{"jwks":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
      `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
      { ...APP, x: [[[[[[[[[[[1]]]]]]]]]]] },
    ]),
  );

  row('H42', 'no JSON, no object, other types of content', REFUSED, async () => {
    const bodies = ['{', '', 'null', '[]', '"x"', '1', '\uFEFF{}', '{"redirect_uris":[],}'];
    const typed = await Promise.all(
      ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'].map((type) =>
        send(APP, { 'Content-Type': type }),
      ),
    );
    return [...new Set([await codes(bodies), ...typed.map(code)])].join(', ');
  });

  row('H42', 'a value of a wrong type for each member', '20 × 400', async () => {
    const names = (
      'client_name client_uri logo_uri policy_uri tos_uri contacts software_id software_version redirect_uris ' +
      'post_logout_redirect_uris application_type response_types grant_types scope token_endpoint_auth_method jwks ' +
      'default_max_age require_auth_time initiate_login_uri id_token_signed_response_alg'
    ).split(' ');
    const seen = await Promise.all(names.map((name) => send({ ...APP, [name]: { not: ['this'] } })));
    assert.deepEqual(
      names.filter((_, index) => seen[index]?.status !== 400),
      [],
    );
    return `${seen.length} × 400`;
  });

  row('H43', 'names that look like that of the service', REFUSED, () =>
    codes(
      [
        'Signet',
        'SIGNET',
        'ѕіgnеt',
        'S1gnet',
        'S i g n e t',
        'Signet Support',
        'Ｓｉｇｎｅｔ',
        'Sïgnet!',
        'Šignet',
        'Ꮪignet',
        'Siɢɴᴇᴛ',
        'ꜱignet',
        'Sig\u3164net',
        '\u3164',
        `Z${'\u0336'.repeat(5)}`,
      ].map((name) => appWith('client_name', name)),
    ),
  );

  row('H43', 'a name in mixed alphabets, on the page', 'the host', async () => {
    const { body } = await send({ ...APP, client_name: 'Pаypal' });
    const html = await signInPage(body);
    assert.ok(!html.includes('Pаypal'));
    return html.includes('<bdi>app.example.com</bdi>') ? 'the host' : html;
  });

  row('H44', 'names of prototypes, and names that are there twice', REFUSED, () =>
    codes([
      '{"__proto__":{"first_party":true},"redirect_uris":["https://app.example.com/"]}',
      '{"redirect_uris":["https://app.example.com/"],"constructor":{}}',
      '{"redirect_uris":["https://app.example.com/"],"jwks":{"toString":1}}',
      '{"redirect_uris":["https://app.example.com/"],"redirect_uris":["https://evil.example/"]}',
      '{"redirect_uris":["https://app.example.com/"],"redirect\\u005furis":["https://evil.example/"]}',
    ]),
  );

  row('H45', 'scripts in addresses, characters that control the direction', REFUSED, () =>
    codes([
      ...['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'].flatMap((name) =>
        ['javascript:alert(1)', 'data:text/html,x', 'https://a@b.example/'].map((uri) => appWith(name, uri)),
      ),
      ...['a\u202Eb', 'a\u0000b', 'a\u200Bb', '\u2066a', '...'].map((name) => appWith('client_name', name)),
      { ...APP, initiate_login_uri: 'javascript:alert(1)' },
    ]),
  );

  row('H45', 'a script in the name, on the page', 'escaped, with a warning', async () => {
    const { body } = await send({ ...APP, client_name: '<script>alert(1)</script>' });
    const html = await signInPage(body);
    assert.ok(!html.includes('<script>alert'));
    assert.match(html, /id="unverified"/);
    return 'escaped, with a warning';
  });

  row('H46', 'members of this server', 'ignored, not stored', async () => {
    const smuggled = {
      first_party: true,
      trust_loopback: true,
      pkce: 'optional',
      require_pkce: false,
      allowed_origins: ['https://evil.example'],
      allowed_scopes: ['messages:write'],
      assertion_audience: 'legacy',
      id_token_claims: true,
      instance: 'x',
      secret_digests: [{ digest: 'x' }],
      self_registration: null,
      registered_members: [],
      client_id: 'demo-web',
      client_secret: 'chosen',
      source: 'declared',
      registration_access_token: 'chosen',
    };
    const { status, body } = await send({ ...APP, ...smuggled });
    assert.equal(status, 201);
    const stored = await stage.store.clients.find(String(body.client_id));
    const members: Record<string, unknown> = { ...stored?.metadata };
    assert.equal(members.pkce, 'required');
    const own = Object.keys(smuggled).filter((name) => name !== 'pkce' && name in members);
    assert.deepEqual(own, []);
    assert.equal(stored?.source, 'registered');
    assert.ok(body.client_id !== 'demo-web' && body.client_secret !== 'chosen');
    assert.match(String(body.registration_access_token), /^[\w-]{43}$/);
    return 'ignored, not stored';
  });

  row('H47', 'redirect URIs to private hosts', '400 invalid_redirect_uri', () =>
    codes(
      [
        'https://10.0.0.1/cb',
        'https://192.168.1.1/cb',
        'https://169.254.169.254/latest',
        'https://[::1]/cb',
        'https://[fd00::1]/cb',
        'https://[::ffff:10.0.0.1]/cb',
        'https://intranet/cb',
        'https://printer.local/cb',
        'https://db.internal/cb',
        'https://localhost/cb',
        'https://0x7f000001/cb',
      ].map((uri) => ({ redirect_uris: [uri] })),
    ),
  );

  row('B15', 'redirect URIs that no client may have', '400 invalid_redirect_uri', () =>
    codes(
      [
        'javascript:alert(1)',
        'https://app.example.com/cb#fragment',
        'http://app.example.com/cb',
        'https://*.example.com/cb',
        'https://user@app.example.com/cb',
        'cursor://callback',
        'data:text/html,x',
        'https:/app.example.com',
        '//app.example.com/cb',
      ].map((uri) => ({ redirect_uris: [uri] })),
    ),
  );

  row('B16', 'errors before the person has done anything', 'no redirect', async () => {
    const { body } = await send(APP);
    const requests = {
      'no PKCE': { code_challenge: undefined, code_challenge_method: undefined },
      'response mode': { response_mode: 'fragment' },
      'silent, of a client that nobody has used': { prompt: 'none' },
      'twice the address': { scope: 'openid' },
    };
    for (const [name, parameters] of Object.entries(requests)) {
      const { url } = authorizationRequest(stage.issuer, { ...ofClient(body), ...parameters });
      if (name === 'twice the address') url.searchParams.append('redirect_uri', String(APP.redirect_uris[0]));
      const response = await new UserAgent().get(url);
      assert.equal(response.status, 400, name);
      assert.equal(response.headers.get('location'), null, name);
    }
    const { url } = authorizationRequest(stage.issuer, { ...ofClient(body), prompt: 'none' });
    const framed = await new UserAgent().get(url, { 'Sec-Fetch-Dest': 'iframe' });
    assert.equal(new URL(framed.headers.get('location') ?? '').searchParams.get('error'), 'login_required');
    return 'no redirect';
  });

  row('H06', 'keys at an http address', REFUSED, async () =>
    code(
      await send({
        ...APP,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: 'http://app.example.com/jwks',
      }),
    ),
  );

  row('H48', 'a description that quotes the request', 'printable ASCII', async () => {
    const seen = outcome(await send({ redirect_uris: ['https://app.example.com/"ü\n\u202E'] }));
    assert.match(seen, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
    return 'printable ASCII';
  });

  async function signInPage(body: Answer['body']): Promise<string> {
    const { url } = authorizationRequest(stage.issuer, ofClient(body));
    return await (await new UserAgent().follow(url)).response.text();
  }
});

describe('H: floods of registrations', () => {
  const stage = useStage({ registration: { mode: 'open', perNetwork: 30, overall: 10 }, clients: [] });

  row('H07', '60 registrations from one network', '10 × 201, then 429 with Retry-After', async () => {
    const statuses: number[] = [];
    let retryAfter = 0;
    for (let count = 0; count < 60; count += 1) {
      // Invalid ones cost a network its own quota, and not that of all.
      const { status, headers } = await register(stage.issuer, count < 5 ? {} : APP);
      statuses.push(status);
      retryAfter = Number(headers.get('retry-after'));
    }
    assert.ok(retryAfter > 60 && retryAfter <= 3600, `${retryAfter}`);
    const count = (wanted: number): number => statuses.filter((status) => status === wanted).length;
    assert.deepEqual([count(400), count(429)], [5, 45]);
    return `${count(201)} × 201, then 429 with Retry-After`;
  });
});

function appWith(name: string, value: unknown): Record<string, unknown> {
  return { ...APP, [name]: value };
}

function ofClient({ client_id: id }: Answer['body']): Record<string, string> {
  return { client_id: String(id), redirect_uri: String(APP.redirect_uris[0]) };
}
