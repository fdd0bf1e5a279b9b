import assert from 'node:assert/strict';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/passwords.ts';
import { createAudit } from '../../src/audit/audit.ts';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { openStore } from '../../src/store/open.ts';
import type { AuditEvent, Store } from '../../src/store/store.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { eventually } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { ask, drip, send, visit } from './visitor.ts';

const SHOP = {
  id: 'shop',
  secret: 'shop-secret-of-more-than-32-characters',
  redirectUri: 'https://shop.example.com/callback',
};

/** Everything that a client may say about where it comes from and where it wants to be. */
const SPOOFED = {
  'X-Forwarded-For': '203.0.113.9',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Port': '81',
  'X-Real-IP': '203.0.113.9',
  Forwarded: 'for=203.0.113.9;host=evil.example;proto=http',
};

describe('Signet behind nginx', function () {
  this.timeout(40_000);
  let nginx: Nginx;
  let server: TestServer;
  let store: Store;
  let leave: () => Promise<void>;

  before(async function () {
    await needNginx(this);
    const plan = await planNginx();
    leave = visit(plan);
    server = await startTestServer({
      issuer: plan.issuer,
      port: 0,
      trustedProxies: ['127.0.0.1'],
      clients: [
        {
          client_id: SHOP.id,
          client_secret: SHOP.secret,
          redirect_uris: [SHOP.redirectUri],
          grant_types: ['authorization_code'],
          response_types: ['code'],
          scope: 'openid profile email',
        },
      ],
    });
    store = await openStore(server.config.store, { clock: Date.now });
    await addPerson();
    nginx = await startNginx(plan, [server.running.port]);
  });
  after(async () => {
    await leave?.();
    await nginx?.stop();
    await store?.close();
    await server?.stop();
  });

  async function addPerson(): Promise<void> {
    const audit = createAudit({ store, clock: Date.now, onError: assert.ifError });
    const passwords = createPasswords(server.config.passwords);
    const accounts = createAccounts({ store, passwords, audit, clock: Date.now, revocationLifetime: 60 });
    await accounts.add(DEMO_ACCOUNT);
    await audit.close();
  }

  async function audited(type: string): Promise<AuditEvent> {
    let event: AuditEvent | undefined;
    await eventually(`${type} is in the audit trail`, async () => {
      [event] = await store.audit.list({ type, limit: 1 });
      return event !== undefined;
    });
    return event as AuditEvent;
  }

  it('signs people in over TLS, in production mode, with cookies that only travel there', async () => {
    assert.equal(server.config.mode, 'production');
    const { agent, tokens } = await signIn(nginx.issuer, { client: SHOP });
    assert.ok(tokens.id_token !== undefined);
    const [, payload = ''] = tokens.id_token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string };
    assert.equal(claims.iss, nginx.issuer);
    const session = agent.cookies.find(({ name }) => name.startsWith('__Host-'));
    assert.ok(session !== undefined, agent.cookies.map(({ name }) => name).join());
    for (const { name, attributes } of agent.cookies) {
      assert.match(attributes, /secure/i, name);
      assert.match(attributes, /httponly/i, name);
    }
  });

  it('believes nothing that a client says about where it comes from', async () => {
    const agent = new UserAgent();
    Object.assign(agent.headers, SPOOFED);
    await signIn(nginx.issuer, { client: SHOP, agent });
    const { ip } = await audited('login.succeeded');
    assert.equal(ip, '127.0.0.1');
  });

  it('builds every URL from the issuer, whatever a client says about the host', async () => {
    const discovery = await ask(nginx, '/.well-known/openid-configuration', SPOOFED);
    assert.equal(discovery.status, 200);
    assert.doesNotMatch(discovery.text, /evil|http:/);
    assert.ok(discovery.body.includes(`"token_endpoint":"${nginx.issuer}/token"`));
    const { url } = authorizationRequest(nginx.issuer, {
      client_id: SHOP.id,
      redirect_uri: SHOP.redirectUri,
    });
    const started = await ask(nginx, url.pathname + url.search, SPOOFED);
    assert.equal(started.status, 303);
    assert.doesNotMatch(started.text, /evil|http:/);
  });

  it('refuses other spellings of a path', async () => {
    for (const path of ['//token', '/token/', '/%74oken', '/TOKEN', '/./token', '/x/../token']) {
      const { status } = await ask(nginx, path, {}, { method: 'POST', body: 'a=b' });
      assert.equal(status, 404, path);
    }
  });

  it('does not show the management port', async () => {
    for (const path of ['/metrics', '/healthz', '/readyz', '/:9000/metrics']) {
      assert.equal((await ask(nginx, path)).status, 404, path);
    }
  });

  it('refuses bodies and headers that are too large', async () => {
    const body = `a=${'x'.repeat(70_000)}`;
    assert.equal((await ask(nginx, '/token', {}, { method: 'POST', body })).status, 413);
    const chunked = { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/x-www-form-urlencoded' };
    const { host } = new URL(nginx.issuer);
    const head = ['POST /token HTTP/1.1', `Host: ${host}`, 'Connection: close'];
    const headers = Object.entries(chunked).map(([name, value]) => `${name}: ${value}`);
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    assert.match(await send(nginx, [...head, ...headers], chunks), /^HTTP\/1\.1 413 /);
    const one = await ask(nginx, '/jwks', { 'X-Large': 'x'.repeat(20_000) });
    assert.ok([400, 431].includes(one.status), String(one.status));
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`X-${index}`, 'x']));
    const { status } = await ask(nginx, '/jwks', many);
    assert.ok([400, 431].includes(status), String(status));
    assert.equal((await ask(nginx, `/jwks?${'x'.repeat(9000)}`)).status, 414);
  });

  it('cuts off slow headers and slow bodies', async () => {
    const { host } = new URL(nginx.issuer);
    const head = `POST /token HTTP/1.1\r\nHost: ${host}\r\n`;
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n';
    const seconds = await Promise.all([
      drip(nginx, `${head}X-Slow: `, 2000),
      drip(nginx, head + form, 2000),
      drip(nginx, head + form, 500),
    ]);
    for (const [index, what] of ['headers', 'body, a byte in 2 s', 'body, a byte in 0.5 s'].entries()) {
      figure(`behind nginx, slow ${what}: closed after ${seconds[index]?.toFixed(1)} s`);
    }
    // Signet looks for what is too slow every two seconds.
    assert.ok(Math.max(...seconds) < 20, seconds.join());
  });

  it('logs no query', async () => {
    await ask(nginx, '/authorize?login_hint=very-secret-thing');
    assert.match(nginx.log(), / GET \/authorize \d/);
    assert.doesNotMatch(nginx.log(), /very-secret-thing/);
  });
});
