import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { basic, MACHINE, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('operations', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ log: { level: 'trace' } });
  });
  after(() => server.stop());

  const management = (path: string) => fetch(`http://127.0.0.1:${server.running.managementPort}${path}`);

  it('serves health, readiness and metrics on the management port only', async () => {
    assert.equal((await management('/healthz')).status, 200);
    assert.equal((await management('/readyz')).status, 200);
    await token(server.issuer, { grant_type: 'client_credentials' }, MACHINE);
    const metrics = await (await management('/metrics')).text();
    assert.match(metrics, /^signet_tokens_issued_total\{grant_type="client_credentials"\} [1-9]/m);
    assert.match(
      metrics,
      /^signet_http_request_duration_seconds_count\{route="token",method="POST",status="200"\} [1-9]/m,
    );
    for (const name of ['reads', 'transactions', 'durable_waits'])
      assert.match(
        metrics,
        new RegExp(`^# TYPE signet_store_${name}_total counter\nsignet_store_${name}_total [1-9]`, 'm'),
      );
    assert.match(metrics, /^signet_store_round_trips_total 0$/m);
    for (const path of ['/healthz', '/readyz', '/metrics'])
      assert.equal((await fetch(server.issuer + path)).status, 404);
    assert.equal((await management('/')).status, 404);
  });

  it('uses one trace id in the response, the log and the audit trail', async () => {
    const { response } = await token(
      server.issuer,
      { grant_type: 'client_credentials' },
      { ...MACHINE, secret: 'wrong' },
    );
    const traceId = response.headers.get('trace-id') as string;
    const lines = server.logged.split('\n').filter((line) => line.includes(traceId));
    assert.ok(
      lines.some((line) => line.includes('the client_secret of \\"demo-machine\\" is wrong')),
      'the log says what was wrong',
    );
    const good = await token(server.issuer, { grant_type: 'client_credentials' }, MACHINE);
    await server.restart();
    const audited = await auditTrail();
    assert.ok(
      audited.some(
        (event) => event.type === 'token.issued' && event.traceId === good.response.headers.get('trace-id'),
      ),
    );
  });

  it('records sign-in, consent, tokens and sign-out in the audit trail', async () => {
    const { agent, tokens } = await signIn(server.issuer);
    await token(server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    await fetch(`${server.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: tokens.access_token }),
    });
    const page = await agent.follow(`${server.issuer}/logout`);
    const html = await page.response.text();
    await agent.submit({ url: page.url, html }, { logout: 'yes' });
    await server.restart();
    const types = new Set((await auditTrail()).map(({ type }) => type));
    for (const type of [
      'login.succeeded',
      'consent.granted',
      'token.issued',
      'token.revoked',
      'session.ended',
      'client.added',
      'account.added',
    ]) {
      assert.ok(types.has(type), type);
    }
  });

  it('writes no token, code, cookie, secret or password to the log or the database', async () => {
    const { agent, tokens, code, request } = await signIn(server.issuer, {
      parameters: { scope: 'openid offline_access messages:read', prompt: 'consent' },
    });
    const { body } = await token(server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    // Failures write more log fields than successes.
    for (const refreshToken of [tokens.refresh_token as string, `${tokens.refresh_token}x`]) {
      await token(server.issuer, { grant_type: 'refresh_token', refresh_token: refreshToken });
    }
    await token(server.issuer, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    });
    await fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
    await fetch(`${server.issuer}/logout?id_token_hint=${tokens.id_token}x`);
    const secrets = {
      code,
      verifier: request.verifier,
      'access token': tokens.access_token,
      'refresh token': tokens.refresh_token,
      'second refresh token': body.refresh_token,
      'second access token': body.access_token,
      'ID token': tokens.id_token,
      'web secret': WEB.secret,
      'machine secret': MACHINE.secret,
      password: 'wonderland-tea-party',
      ...Object.fromEntries(agent.cookies.map(({ key, value }) => [`cookie ${key}`, value])),
    };
    await server.restart();
    const database = readdirSync(server.directory)
      .filter((name) => name.startsWith('signet.db'))
      .map((name) => readFileSync(join(server.directory, name), 'latin1'))
      .join();
    assert.ok(database.includes('demo-web'), 'the database was read');
    for (const [name, value] of Object.entries(secrets)) {
      assert.ok(typeof value === 'string' && value.length > 10, name);
      assert.ok(!server.logged.includes(value), `${name} is in the log`);
      assert.ok(!database.includes(value), `${name} is in the database`);
    }
  });

  async function auditTrail() {
    const { openStore } = await import('../../src/store/open.ts');
    const store = await openStore(server.config.store, { clock: Date.now });
    const events = await store.audit.list({ limit: 1000 });
    await store.close();
    return events;
  }
});
