import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { authorizationRequest, basic, signIn } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { UserAgent } from '../support/user-agent.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { spoofed } from './support/spoofed.ts';
import { useStage } from './support/stage.ts';

const SHOP = {
  id: 'shop',
  secret: 'shop-secret-of-more-than-32-characters',
  redirectUri: 'https://shop.example.com/callback',
};
/** Below the limit of nginx. */
const PUSHED = 5;

describe('G: cookies and addresses behind nginx', () => {
  const stage = useStage(
    {
      limits: { pushedRequests: PUSHED },
      clients: [{ client_id: SHOP.id, client_secret: SHOP.secret, redirect_uris: [SHOP.redirectUri] }],
    },
    { proxy: true },
  );
  const { url: request } = authorizationRequest('https://issuer.example', {
    client_id: SHOP.id,
    redirect_uri: SHOP.redirectUri,
  });

  row('G05', 'attributes of all cookies over TLS', 'Secure; HttpOnly; SameSite=Lax', async () => {
    const { agent } = await signIn(stage.issuer, { client: SHOP });
    assert.ok(agent.cookies.length > 0);
    for (const { key, path, secure, httpOnly, sameSite, hostOnly } of agent.cookies) {
      assert.deepEqual([secure, httpOnly, sameSite, hostOnly], [true, true, 'lax', true], key);
      assert.ok(key.startsWith(path === '/' ? '__Host-' : '__Secure-'), key);
    }
    return 'Secure; HttpOnly; SameSite=Lax';
  });

  row('G05', 'a session cookie without its prefix', 'asked to sign in', async () => {
    const { agent } = await signIn(stage.issuer, { client: SHOP });
    const prefix = /^__(?:Host|Secure)-/;
    for (const { key, value, path } of agent.cookies) {
      agent.setCookie(`${key.replace(prefix, '')}=${value}; path=${path}; secure`, stage.issuer);
    }
    agent.forget(({ key }) => prefix.test(key));
    const { url } = await agent.follow(`${stage.issuer}${request.pathname}${request.search}`);
    assert.match(url.pathname, /^\/interaction\//);
    return 'asked to sign in';
  });

  row('G12', 'a sign-in with forged forwarded headers', 'the audit trail has nginx', async () => {
    const agent = new UserAgent();
    Object.assign(agent.headers, spoofed('203.0.113.9'));
    await signIn(stage.issuer, { client: SHOP, agent });
    await eventually('sign-ins are in the audit trail', async () => {
      const events = await stage.store.audit.list({ type: 'login.succeeded', limit: 10 });
      assert.ok(events.every(({ ip }) => ip === '127.0.0.1'));
      return events.length > 0;
    });
    assert.doesNotMatch(stage.logged, /203\.0\.113\.9/);
    return 'the audit trail has nginx';
  });

  row('G12', 'requests with forged addresses: the limit of Signet', '429 after the quota', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 3 * PUSHED; index += 1) {
      const headers = { ...spoofed(`203.0.113.${index}`), Authorization: basic(SHOP) };
      const { status } = await requestRaw(stage, 'POST /par HTTP/1.1', headers, request.search.slice(1));
      statuses.push(status);
    }
    assert.deepEqual(statuses.slice(0, PUSHED), Array(PUSHED).fill(201), statuses.join());
    // A new minute may begin meanwhile.
    assert.ok(statuses.filter((status) => status === 429).length >= PUSHED, statuses.join());
    return '429 after the quota';
  });

  row(
    'G12',
    'requests with five hundred forged addresses: the limit of nginx',
    '429 after the burst',
    async () => {
      const session = connect(stage.issuer, { createConnection: () => stage.dial(['h2']) });
      const statuses = await Promise.all(
        Array.from({ length: 500 }, async (_, index) => {
          const address = `203.0.${index >> 8}.${index & 255}`;
          const stream = session.request({ ':method': 'POST', ':path': '/token', ...spoofed(address) });
          stream.end('a=b').resume();
          const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
          return headers[':status'];
        }),
      );
      session.destroy();
      assert.ok(statuses.filter((status) => status === 429).length > 50, statuses.join());
      return '429 after the burst';
    },
  );
});
