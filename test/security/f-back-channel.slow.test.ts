import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { signIn } from '../support/flow.ts';
import { LogoutReceiver } from '../support/logout-receiver.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import type { UserAgent } from '../support/user-agent.ts';
import { row } from './support/row.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const CLIENTS = 20;

const idOf = (index: number) => `app-${index}`;
const clientOf = (index: number) => ({
  id: idOf(index),
  secret: SECRET,
  redirectUri: `https://${idOf(index)}.example/cb`,
});

function apps(receiver: LogoutReceiver, protocol: 'http:' | 'https:' = 'http:') {
  return Array.from({ length: CLIENTS }, (_, index) => ({
    client_id: idOf(index),
    client_secret: SECRET,
    first_party: true,
    redirect_uris: [clientOf(index).redirectUri],
    backchannel_logout_uri: `${receiver.origin.replace('http:', protocol)}/${idOf(index)}`,
    subject_type: index % 2 === 0 ? ('pairwise' as const) : ('public' as const),
  }));
}

/** A person signs in at clients, one after the other, in one browser. */
async function visit(issuer: string, count: number) {
  let agent: UserAgent | undefined;
  let hint = '';
  const sids: unknown[] = [];
  const subjects: [sid: string, sub: string][] = [];
  for (let index = 0; index < count; index++) {
    const signedIn = await signIn(issuer, { ...(agent && { agent }), client: clientOf(index) });
    ({ agent } = signedIn);
    hint = String(signedIn.tokens.id_token);
    const { sid, sub = '' } = decodeJwt(hint);
    sids.push(sid);
    subjects.push([String(sid), sub]);
  }
  if (agent === undefined) throw new Error('no client');
  return { agent, hint, sids, subjects };
}

describe('F: back-channel logout', () => {
  let receiver: LogoutReceiver;
  let server: TestServer;
  let guarded: TestServer;
  let operator: Operator;
  let subjects: [sid: string, sub: string][];
  before(async () => {
    receiver = await new LogoutReceiver().start();
    server = await startTestServer({ outbound: { privateNetworks: true }, clients: apps(receiver) });
    // Without the switch for private networks.
    guarded = await startTestServer({ clients: apps(receiver, 'https:') });
    operator = await operate(guarded);
  });
  after(async () => {
    await operator?.close();
    await server?.stop();
    await guarded?.stop();
    await receiver?.stop();
  });

  const signOut = async (issuer: string, { agent, hint }: Awaited<ReturnType<typeof visit>>) => {
    const { status } = await agent.get(`${issuer}/logout?id_token_hint=${hint}`);
    return status;
  };

  row('F16', `${CLIENTS} clients that do not answer`, '303 before any answer', async () => {
    for (let index = 0; index < CLIENTS; index++) receiver.answers.set(`/${idOf(index)}`, ['hang']);
    const visited = await visit(server.issuer, CLIENTS);
    const status = await signOut(server.issuer, visited);
    // The limit of requests to one host (`outbound/`). None is answered.
    while (receiver.received.length < 8) await new Promise(setImmediate);
    assert.ok(receiver.received.every((logout) => logout.status === 'hang'));
    receiver.answers.clear();
    const released = setInterval(() => receiver.release(), 20);
    await server.running.sendJobs();
    clearInterval(released);
    assert.deepEqual(
      receiver.received.map(({ token }) => String(decodeJwt(token).sid)).toSorted(),
      visited.sids.map(String).toSorted(),
    );
    subjects = visited.subjects;
    return `${status} before any answer`;
  });

  row('F16', 'subjects of the logout tokens', `${CLIENTS}, as in the ID tokens`, async () => {
    const claims = receiver.received.map(({ token }) => decodeJwt(token));
    const found = new Map(claims.map(({ sid, sub = '' }) => [String(sid), sub]));
    for (const [sid, sub] of subjects) assert.equal(found.get(sid), sub);
    // Half of the clients are pairwise, each in a sector of its own.
    assert.equal(new Set(found.values()).size, CLIENTS / 2 + 1);
    return `${found.size}, as in the ID tokens`;
  });

  row(
    'F16',
    'each logout token',
    'logout+jwt, 120 s, one client, no nonce, of no use elsewhere',
    async () => {
      for (const { path, token } of receiver.received) {
        const { typ, alg } = decodeProtectedHeader(token);
        const { aud, iat = 0, exp = 0, nonce, events } = decodeJwt(token);
        assert.deepEqual(
          [typ, alg, aud, exp - iat, nonce],
          ['logout+jwt', 'RS256', path.slice(1), 120, undefined],
        );
        assert.deepEqual(events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
      }
      const [{ token, path } = { token: '', path: '' }] = receiver.received;
      const headers = { Authorization: `Bearer ${token}` };
      assert.equal((await fetch(`${server.issuer}/userinfo`, { headers })).status, 401);
      const { agent } = await visit(server.issuer, 1);
      // A hint must have been an ID token of the session; the engine rejects its type or asks.
      const { status } = await agent.get(
        `${server.issuer}/logout?id_token_hint=${token}&client_id=${path.slice(1)}`,
      );
      assert.notEqual(status, 303);
      return 'logout+jwt, 120 s, one client, no nonce, of no use elsewhere';
    },
  );

  row('F16', 'a client on a private address', 'no request, job waits', async () => {
    const before = receiver.received.length;
    const visited = await visit(guarded.issuer, 1);
    assert.equal(await signOut(guarded.issuer, visited), 303);
    await guarded.running.sendJobs();
    const { jobs } = await operator.store.jobs.list({}, { limit: 5 });
    assert.deepEqual([jobs.length, jobs[0]?.state], [1, 'waiting']);
    assert.match(jobs[0]?.reason ?? '', /^no answer: (?:address|url)$/);
    assert.equal(receiver.received.length, before);
    return 'no request, job waits';
  });

  row('F16', 'sid, uid and token in the outbox and the log', 'none', async () => {
    const visited = await visit(guarded.issuer, 1);
    await signOut(guarded.issuer, visited);
    const { jobs } = await operator.store.jobs.list({}, { limit: 9 });
    const text = JSON.stringify(jobs) + server.logged + guarded.logged;
    assert.ok(visited.sids.every((sid) => !text.includes(String(sid))));
    assert.ok(receiver.received.every(({ token }) => !text.includes(token.split('.')[2] ?? '')));
    for await (const record of operator.store.transfer.dump())
      assert.ok(!JSON.stringify(record).includes(String(visited.sids[0])));
    return 'none';
  });
});
