import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { basic } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/**
 * Plain client credentials requests are answered in front of the engine. One parameter that nobody knows, which both must ignore
 * (RFC 6749 §3.2), sends the same request to the engine: whatever the first answers, the second has to answer too.
 */

const FORM = 'application/x-www-form-urlencoded';
const SHORT_LIVED = 'https://short.example/api';
const SECRET = 'a secret: with % and +';

const machine = (id: string, metadata: object) => ({
  client_id: id,
  client_secret: SECRET,
  grant_types: ['client_credentials'],
  ...metadata,
});
const CLIENTS = [
  machine('one-api', { scope: 'messages:read messages:write' }),
  machine('two-apis', {
    scope: 'messages:read short:a short:b',
    token_endpoint_auth_method: 'client_secret_post',
  }),
  machine('https://machine.example/?a=b:c', { scope: 'short:b short:a' }),
  machine('no-scopes', { scope: '' }),
  machine('web', {
    grant_types: ['authorization_code'],
    redirect_uris: ['https://app.example/cb'],
    scope: 'openid messages:read',
  }),
  { client_id: 'public', token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/cb'] },
];

interface TokenRequest {
  body: string;
  headers: Record<string, string>;
}

const form = (parameters: string[][]) => new URLSearchParams(parameters as [string, string][]).toString();
const plain = (parameters: Record<string, string>, id = 'one-api', headers: Record<string, string> = {}) => ({
  body: form(Object.entries({ grant_type: 'client_credentials', ...parameters })),
  headers: { 'Content-Type': FORM, Authorization: basic({ id, secret: SECRET }), ...headers },
});

const TABLE: Record<string, TokenRequest> = {
  'a scope': plain({ scope: 'messages:read' }),
  'no scope': plain({}),
  'two scopes, not in the order of their registration': plain({ scope: 'messages:write messages:read' }),
  'a scope twice': plain({ scope: 'messages:read messages:read' }),
  'a resource': plain({ resource: SHORT_LIVED }, 'two-apis'),
  'a scope and its resource': plain({ scope: 'short:b', resource: SHORT_LIVED }, 'two-apis'),
  'a scope of another resource': plain({ scope: 'messages:read', resource: SHORT_LIVED }, 'two-apis'),
  'no scope, with several APIs': plain({}, 'two-apis'),
  'no scope at all': plain({ resource: SHORT_LIVED }, 'no-scopes'),
  'an identifier that needs encoding': plain({}, CLIENTS[2]!.client_id),
  'a charset': plain({}, 'one-api', { 'Content-Type': `${FORM};charset=UTF-8` }),
  'another charset': plain({}, 'one-api', { 'Content-Type': `${FORM}; charset=utf-16le` }),
  'another media type': plain({}, 'one-api', { 'Content-Type': 'application/json' }),
  'a browser’s origin': plain({}, 'one-api', { Origin: 'https://app.example' }),
  'a wish for HTML': plain({}, 'one-api', { Accept: 'text/html' }),
  'a wish for HTML, refused': plain({ scope: 'x' }, 'one-api', { Accept: 'text/html' }),
  'the identifier beside the header': plain({ client_id: 'one-api' }),
  'another identifier beside the header': plain({ client_id: 'two-apis' }),
  'a secret in the header and in the body': plain({ client_secret: SECRET }),
  'spaces as plus signs': plain({}, 'one-api', {
    Authorization: `Basic ${btoa('one-api:a+secret%3A+with+%25+and+%2B')}`,
  }),
  'a space that is not encoded': plain({}, 'one-api', {
    Authorization: `Basic ${btoa('one-api:a secret%3A with %25 and %2B')}`,
  }),
  'padding too little': plain({}, 'one-api', {
    Authorization: basic({ id: 'one-api', secret: SECRET }).replace(/==$/, '='),
  }),
  'a client for something else': plain({}, 'web'),
  'a client without a secret': plain({}, 'public'),
  'an unknown client': plain({}, 'nobody'),
  'an unknown resource': plain({ resource: 'https://other.example' }),
  'an empty scope': plain({ scope: '' }),
  'a scope with a space too many': plain({ scope: 'messages:read ' }),
};

describe('client credentials in front of the engine and behind it', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      apis: [
        {
          audience: SHORT_LIVED,
          name: 'Short',
          scopes: { 'short:a': 'A', 'short:b': 'B' },
          accessTokenLifetime: 30,
        },
      ],
      clients: CLIENTS,
    });
  });
  after(() => server.stop());

  const send = ({ body, headers }: TokenRequest) =>
    fetch(`${server.issuer}/token`, { method: 'POST', body, headers });
  const toEngine = ({ body, headers }: TokenRequest) => send({ body: `${body}&nobody-knows=this`, headers });

  async function assertSame(request: TokenRequest): Promise<{ status: number; traces: string[] }> {
    const [inFront, behind] = [await send(request), await toEngine(request)];
    const traces = [inFront, behind].map((response) => String(response.headers.get('trace-id')));
    const { status } = inFront;
    assert.deepEqual(await seen(inFront), await seen(behind));
    const [first, second] = traces.map((trace) => logged(server, trace));
    assert.ok(first !== undefined && first.length > 0);
    assert.deepEqual(first, second);
    return { status, traces };
  }

  it('they answer, log and remember alike', async () => {
    const pairs: [string, string[]][] = [];
    let granted = 0;
    for (const [name, request] of Object.entries(TABLE)) {
      const { status, traces } = await assertSame(request);
      if (status === 200) granted += 1;
      pairs.push([name, traces]);
    }
    assert.ok(granted > 8 && granted < pairs.length - 8, `${granted} of ${pairs.length} granted`);
    await server.restart();
    for (const [name, traces] of pairs) {
      const [first, second] = traces.map((trace) => auditEvents(server, trace));
      assert.deepEqual(first, second, name);
    }
    assert.equal(auditEvents(server, pairs[0]![1][0]!).length, 1);
  });

  it('they answer any request alike', async () => {
    const request = requests();
    await fc.assert(
      fc.asyncProperty(request, async (each) => void (await assertSame(each))),
      { numRuns: 100 },
    );
  });

  it('they count alike', async () => {
    const issued = async () => {
      const exposed = await server.running.metrics.expose();
      return Number(
        /^signet_tokens_issued_total\{grant_type="client_credentials"\} (\d+)/m.exec(exposed)?.[1] ?? 0,
      );
    };
    const requested = async () => {
      const exposed = await server.running.metrics.expose();
      const series =
        /^signet_http_request_duration_seconds_count\{route="token",method="POST",status="200"\} (\d+)/m;
      return Number(series.exec(exposed)?.[1] ?? 0);
    };
    for (const ask of [send, toEngine]) {
      const before = [await issued(), await requested()];
      await ask(plain({}));
      assert.deepEqual(
        [await issued(), await requested()],
        before.map((count) => count + 1),
      );
    }
  });

  it('token responses are never cached, also by old caches (RFC 6749 §5.1)', async () => {
    for (const ask of [send, toEngine]) {
      const { headers } = await ask(plain({}));
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('pragma'), 'no-cache');
    }
  });
});

/** A response without what differs from one to the next. */
async function seen(response: Response): Promise<unknown> {
  const headers = Object.fromEntries(response.headers);
  delete headers.date;
  delete headers['trace-id'];
  const text = (await response.text()).replace(String(response.headers.get('trace-id')), '');
  if (response.status !== 200) return { status: response.status, headers, text };
  const { access_token: token, ...members } = JSON.parse(text);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims: { jti: string; iat: number; exp: number } = JSON.parse(decoded(payload));
  assert.ok(Math.abs(claims.iat - Date.now() / 1000) < 5);
  return {
    status: response.status,
    headers,
    // As text: the order is part of it.
    body: JSON.stringify({ access_token: '', ...members }),
    order: Object.keys(JSON.parse(text)),
    header: decoded(header),
    claims: JSON.stringify({ ...claims, jti: claims.jti.length, iat: 0, exp: claims.exp - claims.iat }),
    signature: signature.length,
  };
}

function decoded(part: string): string {
  return Buffer.from(part, 'base64url').toString();
}

function logged(server: TestServer, traceId: string): object[] {
  return server.logged
    .split('\n')
    .filter((line) => line.includes(traceId))
    .map((line) => Object.assign(JSON.parse(line) as object, { time: 0, traceId: '', ms: 0 }));
}

function auditEvents(server: TestServer, traceId: string): object[] {
  const database = new DatabaseSync(join(server.directory, 'signet.db'), { readOnly: true });
  const rows = database
    .prepare('SELECT type, account_id, client_id, ip, detail FROM audit WHERE trace_id = ?')
    .all(traceId);
  database.close();
  return rows;
}

function requests(): fc.Arbitrary<TokenRequest> {
  const rarely = <T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: unusual });
  const id = rarely(
    fc.constantFrom('one-api', 'two-apis', CLIENTS[2]!.client_id),
    fc.constantFrom('no-scopes', 'web', 'public', 'nobody', ''),
  );
  const secret = rarely(fc.constant(SECRET), fc.constantFrom('wrong', '', 'a secret', '\u{1F511}'));
  const scopes = ['messages:read', 'messages:write', 'short:a', 'short:b'];
  const parameter = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(
        fc.constant('scope'),
        fc.subarray(scopes, { minLength: 1 }).map((some) => some.join(' ')),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(
        fc.constant('resource'),
        fc.constantFrom('http://localhost:3001', SHORT_LIVED, `${SHORT_LIVED}#x`, 'short'),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom('scope', 'resource', 'client_id', 'client_secret', 'grant_type', 'code', '__proto__'),
        rarely(fc.constantFrom('openid', ' ', '', 'client_credentials', 'messages:read  '), fc.string()),
      ),
    },
  );
  const credentials = fc.record({ id, secret });
  const authentication = rarely(
    fc.oneof(
      credentials.map((client) => ({ parameters: [] as string[][], header: basic(client) })),
      credentials.map((client) => ({
        parameters: [
          ['client_id', client.id],
          ['client_secret', client.secret],
        ],
        header: '',
      })),
    ),
    fc.oneof(
      credentials.map((client) => ({
        parameters: [['client_id', client.id]],
        header: `bAsIc ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
      })),
      fc
        .constantFrom('Basic', 'Basic !', 'Basic b25lLWFwaQ==', 'Basic b25lLWFwaTph====', 'Bearer x')
        .map((header) => ({ parameters: [] as string[][], header })),
    ),
  );
  const contentType = rarely(
    fc.constantFrom(FORM, `${FORM};charset=UTF-8`, `${FORM}; charset=utf-8`),
    fc.constantFrom(FORM.toUpperCase(), `${FORM}; charset=utf-16le`, `${FORM};`, 'text/plain'),
  );
  const grantType = rarely(
    fc.constant('client_credentials'),
    fc.constantFrom('', 'refresh_token', 'implicit'),
  );
  const endings = fc.constantFrom('&', '&=', '&scope', '&x=%zz', '\n', '\u00e9', '&a+b=%00');
  const ending = rarely(fc.constant(''), endings);
  return fc
    .record({
      parameters: fc.array(parameter, { maxLength: 2 }),
      authentication,
      contentType,
      grantType,
      ending,
    })
    .map((made) => ({
      body:
        form([['grant_type', made.grantType], ...made.authentication.parameters, ...made.parameters]) +
        made.ending,
      headers: {
        'Content-Type': made.contentType,
        ...(made.authentication.header !== '' && { Authorization: made.authentication.header }),
      },
    }));
}
