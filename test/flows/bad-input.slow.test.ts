import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { authorizationRequest, basic, MACHINE, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const LONG = 'x'.repeat(9000);

/** Values that are invalid for every parameter. */
const NONSENSE: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '%00',
  '\u{1F4A5}\u202E',
  '[object Object]',
  '__proto__',
  '../../etc/passwd',
  '{"$gt":""}',
  "' OR 1=1 --",
  LONG,
];

describe('invalid input gets a 4xx response, stores nothing and shows no stack', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  /** The row count of every table that a request can write to. */
  function rows(): number {
    const database = new DatabaseSync(join(server.directory, 'signet.db'), { readOnly: true });
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'audit%'")
      .all();
    const counts = tables.map(
      ({ name }) => database.prepare(`SELECT count(*) AS n FROM "${String(name)}"`).get()?.n as number,
    );
    database.close();
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async function refused(response: Response, what: string): Promise<void> {
    const body = await response.text();
    assert.ok(
      response.status >= 400 && response.status < 500,
      `${what}: ${response.status} ${body.slice(0, 200)}`,
    );
    assert.doesNotMatch(body, /\bat .*\.(?:ts|js):\d+|node_modules|SQLITE/, what);
    assert.match(body, /error/, what);
  }

  const post = (
    path: string,
    body: string | URLSearchParams | FormData,
    headers: Record<string, string> = {},
  ) => fetch(server.issuer + path, { method: 'POST', body, headers });

  const FORM = 'application/x-www-form-urlencoded';

  it('at the token endpoint', async () => {
    const before = rows();
    for (const value of NONSENSE) {
      for (const name of ['grant_type', 'code', 'refresh_token', 'client_id', 'scope', 'resource']) {
        const fields = new URLSearchParams({
          grant_type: 'authorization_code',
          code: 'x',
          redirect_uri: WEB.redirectUri,
          [name]: value,
        });
        if (name === 'refresh_token') fields.set('grant_type', 'refresh_token');
        if (name === 'scope' || name === 'resource') fields.set('grant_type', 'client_credentials');
        const client = fields.get('grant_type') === 'client_credentials' ? MACHINE : WEB;
        if ((name === 'scope' || name === 'resource') && value === '') continue; // RFC 6749 §3.2: empty is absent.
        await refused(
          await post('/token', fields, { Authorization: basic(client) }),
          `${name}=${value.slice(0, 20)}`,
        );
      }
    }
    assert.equal(rows(), before);
  });

  it('in repeated parameters, in other content types, and in the query', async () => {
    const good = 'grant_type=client_credentials&scope=messages:read';
    const authorization = { Authorization: basic(MACHINE) };
    for (const double of [
      'grant_type=client_credentials',
      'scope=messages:read',
      'client_id=demo-machine&client_id=demo-machine',
    ]) {
      await refused(
        await post('/token', `${good}&${double}`, { ...authorization, 'Content-Type': FORM }),
        double,
      );
    }
    await refused(
      await post('/token', JSON.stringify({ grant_type: 'client_credentials' }), {
        ...authorization,
        'Content-Type': 'application/json',
      }),
      'json',
    );
    await refused(await post('/token', new FormData(), authorization), 'multipart');
    await refused(await post(`/token?${good}`, '', { ...authorization, 'Content-Type': FORM }), 'query');
    await refused(
      await post('/token', `${good}&x=${'y'.repeat(60_000)}`, { ...authorization, 'Content-Type': FORM }),
      'oversized',
    );
  });

  it('in the Authorization header', async () => {
    for (const value of [
      'Basic',
      'Basic ',
      'Basic !!!',
      'Basic YQ==',
      'Basic OjpjOg==',
      `Basic ${btoa('%zz:%zz')}`,
      'Bearer x',
      'Digest x',
      `Basic ${btoa(`${LONG}:x`)}`,
    ]) {
      await refused(
        await post('/token', new URLSearchParams({ grant_type: 'client_credentials' }), {
          Authorization: value,
        }),
        value.slice(0, 20),
      );
    }
    for (const value of ['', 'Bearer', 'Bearer a b', 'Bearer x', 'Basic x', `Bearer ${LONG}`]) {
      await refused(
        await fetch(`${server.issuer}/userinfo`, { headers: { Authorization: value } }),
        `userinfo ${value.slice(0, 20)}`,
      );
    }
  });

  it('at the authorization endpoint', async () => {
    const before = rows();
    for (const value of NONSENSE) {
      for (const name of ['client_id', 'redirect_uri']) {
        const { url } = authorizationRequest(server.issuer, { [name]: value });
        await refused(await new UserAgent().get(url), `${name}=${value.slice(0, 20)}`);
      }
      for (const name of [
        'response_type',
        'code_challenge',
        'code_challenge_method',
        'prompt',
        'max_age',
        'response_mode',
      ]) {
        if (value.trim() === '') continue; // Taken for absent or zero.
        const response = await new UserAgent().get(
          authorizationRequest(server.issuer, { [name]: value }).url,
        );
        const location = response.headers.get('location') ?? '';
        if (response.status === 303) assert.match(location, /[?#&]error=/, `${name}=${value.slice(0, 20)}`);
        else await refused(response, `${name}=${value.slice(0, 20)}`);
      }
    }
    const { url } = authorizationRequest(server.issuer);
    for (const name of ['client_id', 'redirect_uri', 'scope', 'state']) {
      const twice = new URL(url);
      twice.searchParams.append(name, twice.searchParams.get(name) as string);
      const response = await new UserAgent().get(twice);
      const location = response.headers.get('location') ?? '';
      assert.ok(
        response.status === 400 || /error=invalid_request/.test(location),
        `${name} twice: ${response.status}`,
      );
    }
    assert.equal(rows(), before);
  });

  it('at /par without client_id, also from an authenticated client (RFC 9126 §2)', async () => {
    const { url } = authorizationRequest(server.issuer, { client_id: undefined });
    const response = await post('/par', url.searchParams.toString(), {
      'Content-Type': FORM,
      Authorization: basic(WEB),
    });
    assert.deepEqual(
      [response.status, await response.json()],
      [
        400,
        {
          error: 'invalid_request',
          error_description: "missing required parameter 'client_id'",
          error_detail:
            'client_id is missing among the parameters, where it belongs however the client authenticates',
        },
      ],
    );
  });

  it('at the other endpoints', async () => {
    for (const path of ['/introspect', '/revoke', '/par', '/logout/confirm']) {
      for (const body of ['', 'token', 'token=a&token=b', '\0', '=', '&&&', `token=${LONG}`]) {
        await refused(await post(path, body, { 'Content-Type': FORM }), `${path} ${body.slice(0, 10)}`);
      }
    }
    for (const path of [
      '/interaction/x',
      `/interaction/${'x'.repeat(43)}`,
      `/authorize/${'x'.repeat(43)}`,
      '/assets/../signet.db',
      '/assets/x',
      '/%00',
      '/🤷',
      '/.env',
    ]) {
      await refused(await fetch(server.issuer + path), path);
    }
    await refused(await fetch(`${server.issuer}/logout?id_token_hint=garbage`), 'logout');
    await refused(await fetch(`${server.issuer}/logout?client_id=nobody`), 'logout');
  });

  it('in sign-in and consent forms', async () => {
    const agent = new UserAgent();
    const { url, response } = await agent.follow(authorizationRequest(server.issuer).url);
    const html = await response.text();
    for (const value of NONSENSE) {
      const answer = await agent.submit({ url, html }, { login: value, password: value });
      await refused(answer.response, `login=${value.slice(0, 10)}`);
    }
    const { csrf } = Object.fromEntries(
      [...html.matchAll(/name="(csrf)" value="([^"]+)"/g)].map(([, name, value]) => [name, value]),
    ) as { csrf: string };
    const submit = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${url.href}/login`, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': FORM,
          Cookie: agent.cookieHeader(`${url.href}/login`),
          ...headers,
        },
      });
    await refused(await submit('login=alice&password=wonderland-tea-party'), 'no token');
    await refused(await submit(`csrf=${csrf}x&login=alice&password=wonderland-tea-party`), 'wrong token');
    await refused(await submit(`csrf=${csrf}&login=a&login=b&password=c`), 'field twice');
    await refused(await submit(`csrf=${csrf}&login=alice&password=${'p'.repeat(20_000)}`), 'oversized');
    await refused(await submit('{}', { 'Content-Type': 'application/json' }), 'json');
    for (const headers of [
      { Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
    ]) {
      const answer = await submit(`csrf=${csrf}&login=alice&password=wonderland-tea-party`, headers);
      assert.equal(answer.status, 403);
    }
    // A wrong password: the form was read.
    for (const parameter of ['; charset=utf8', ';charset=iso-8859-1', ';']) {
      const answer = await submit(`csrf=${csrf}&login=alice&password=wrong`, {
        'Content-Type': FORM + parameter,
      });
      assert.equal(answer.status, 400, parameter);
      assert.match(await answer.text(), /The username, the email address or the password is not right/);
    }
    const elsewhere = await fetch(url);
    assert.equal(elsewhere.status, 400, 'the page opened in another browser');
  });

  it('below HTTP: malformed requests and headers that are too large', async () => {
    for (const raw of [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    ]) {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(server.issuer).port), '127.0.0.1', () => socket.end(raw));
        let received = '';
        socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
        socket.on('close', () => resolve(received));
        socket.on('error', reject);
      });
      assert.match(answer, /^HTTP\/1\.1 (?:4\d\d|501) /);
    }
  });
});
