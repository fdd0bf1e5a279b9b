import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { startTestServer, type TestServer } from '../support/server.ts';
import { anyRequest, APIS, CLIENTS, plain, TABLE, type TokenRequest } from './client-credentials-requests.ts';
import { auditEventsOf, loggedOf, responseOf, traceIdOf } from './engine-comparison.ts';

/**
 * Plain client credentials requests are answered ahead of the engine. With an unknown parameter, which the server must ignore (RFC 6749
 * §3.2), the same request is left to the engine. Both responses must be equal.
 */

describe('the short path of the client credentials grant and the engine', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      signingAlgorithms: ['ES256'],
      apis: APIS,
      clients: CLIENTS,
    });
  });
  after(() => server.stop());

  const send = ({ body, headers }: TokenRequest) =>
    fetch(`${server.issuer}/token`, { method: 'POST', body, headers });
  const toEngine = ({ body, headers }: TokenRequest) =>
    send({ body: `${body}&unknown-parameter=1`, headers });

  async function assertSame(request: TokenRequest): Promise<{ status: number; traces: string[] }> {
    const [inFront, behind] = [await send(request), await toEngine(request)];
    const traces = [inFront, behind].map(traceIdOf);
    const { status } = inFront;
    assert.deepEqual(await seen(inFront), await seen(behind));
    const [first, second] = traces.map((trace) => loggedOf(server, trace));
    assert.deepEqual(first, second);
    return { status, traces };
  }

  it('give the same response, log lines and audit events', async () => {
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
      const [first, second] = traces.map((trace) => auditEventsOf(server, trace));
      assert.deepEqual(first, second, name);
    }
    assert.equal(auditEventsOf(server, pairs[0]![1][0]!).length, 1);
  });

  it('give the same response to any request', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest(), async (each) => void (await assertSame(each))),
      { numRuns: 100 },
    );
  });

  it('count the same metrics', async () => {
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

  it('forbid caching of token responses, also to HTTP/1.0 caches (RFC 6749 §5.1)', async () => {
    for (const ask of [send, toEngine]) {
      const { headers } = await ask(plain({}));
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('pragma'), 'no-cache');
    }
  });
});

/** A response without the values that are unique to it. */
async function seen(response: Response): Promise<unknown> {
  const { status, headers, text } = await responseOf(response);
  if (status !== 200) return { status, headers, text };
  const { access_token: token, ...members } = JSON.parse(text);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims: { jti: string; iat: number; exp: number } = JSON.parse(decoded(payload));
  assert.ok(Math.abs(claims.iat - Date.now() / 1000) < 5);
  return {
    status,
    headers,
    // As text, to compare the order too.
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
