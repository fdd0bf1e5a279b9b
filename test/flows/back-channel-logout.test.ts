import assert from 'node:assert/strict';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, signIn, token } from '../support/flow.ts';
import { LogoutReceiver } from '../support/logout-receiver.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const PASSWORD = 'a password for the tests';

function app(id: string, metadata: object = {}) {
  return {
    client_id: id,
    client_secret: SECRET,
    first_party: true,
    grant_types: ['authorization_code', 'refresh_token'] as const,
    redirect_uris: [`https://${id}.example/cb`],
    post_logout_redirect_uris: [`https://${id}.example/`],
    ...metadata,
  };
}

const clientOf = (id: string) => ({ id, secret: SECRET, redirectUri: `https://${id}.example/cb` });

describe('Back-channel logout (OpenID Connect Back-Channel Logout 1.0)', () => {
  let server: TestServer;
  let receiver: LogoutReceiver;
  let operator: Operator;
  let people = 0;
  before(async () => {
    receiver = await new LogoutReceiver().start();
    server = await startTestServer({
      outbound: { privateNetworks: true },
      clients: [
        app('one', { backchannel_logout_uri: `${receiver.origin}/one` }),
        app('two', { backchannel_logout_uri: `${receiver.origin}/two` }),
        app('slow', { backchannel_logout_uri: `${receiver.origin}/slow` }),
        app('silent'),
      ],
    });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
    await receiver.stop();
  });

  async function newPerson() {
    people += 1;
    const username = `person${people}`;
    const { id } = await operator.accounts.add({
      username,
      password: PASSWORD,
      skipPasswordRules: true,
    });
    return { id, username, password: PASSWORD };
  }

  /** A person signs in at clients, one after the other, in one browser. */
  async function visit(
    ids: readonly string[],
    options: {
      agent?: UserAgent;
      parameters?: Record<string, string>;
      person?: Awaited<ReturnType<typeof newPerson>>;
    } = {},
  ) {
    const person = options.person ?? (await newPerson());
    let { agent } = options;
    const sids: Record<string, unknown> = {};
    let tokens: Awaited<ReturnType<typeof signIn>>['tokens'] | undefined;
    for (const id of ids) {
      const signedIn = await signIn(server.issuer, {
        ...(agent && { agent }),
        client: clientOf(id),
        person,
        ...(options.parameters && { parameters: options.parameters }),
      });
      ({ agent, tokens } = signedIn);
      sids[id] = decodeJwt(String(tokens.id_token)).sid;
    }
    if (agent === undefined || tokens === undefined) throw new Error('no client');
    return { agent, sids, person, tokens };
  }

  const logoutUrl = (hint: unknown) =>
    `${server.issuer}/logout?${new URLSearchParams({ id_token_hint: String(hint) }).toString()}`;

  async function sent(...paths: string[]) {
    await server.running.sendJobs();
    return paths.map((path) => receiver.take(path).map(({ token: text }) => decodeJwt(text)));
  }

  it('tells the clients of a session about a sign-out, each with a token for it alone (§2.4, §2.5)', async () => {
    const { agent, sids, person, tokens } = await visit(['one', 'silent', 'two']);
    assert.equal((await agent.get(logoutUrl(tokens.id_token))).status, 303);
    await server.running.sendJobs();
    const keys = createLocalJWKSet((await (await fetch(`${server.issuer}/jwks`)).json()) as JSONWebKeySet);
    assert.deepEqual(receiver.received.map(({ path }) => path).toSorted(), ['/one', '/two']);
    const ids: unknown[] = [];
    for (const id of ['one', 'two']) {
      const [received, ...others] = receiver.take(`/${id}`);
      assert.ok(received && others.length === 0);
      assert.equal(received.contentType, 'application/x-www-form-urlencoded');
      const { payload, protectedHeader } = await jwtVerify(received.token, keys, {
        issuer: server.issuer,
        audience: id,
        typ: 'logout+jwt',
        algorithms: ['RS256'],
      });
      const { iat = 0, exp, jti, ...claims } = payload;
      assert.deepEqual(claims, {
        iss: server.issuer,
        aud: id,
        sub: person.id,
        sid: sids[id],
        events: { [EVENT]: {} },
      });
      assert.equal(exp, iat + 120);
      assert.equal(typeof protectedHeader.kid, 'string');
      ids.push(jti);
    }
    assert.equal(new Set(ids).size, 2);
    const { jobs } = await operator.store.jobs.list({}, { limit: 5 });
    assert.deepEqual(jobs, []);
  });

  it('says so in the metadata', async () => {
    const metadata = (await (
      await fetch(`${server.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    assert.equal(metadata.backchannel_logout_supported, true);
    assert.equal(metadata.backchannel_logout_session_supported, true);
  });

  it('sends nothing before an end, and nothing for a session that expires', async () => {
    const { agent } = await visit(['one']);
    await withClock(async ({ advance }) => {
      advance(server.config.lifetimes.session + 1);
      const answer = await agent.get(authorizationRequest(server.issuer, { prompt: 'none' }).url);
      assert.match(answer.headers.get('location') ?? '', /login_required/);
      assert.deepEqual(await sent('/one'), [[]]);
    });
  });

  it('tries again after 503 with a new token, and ends after 200', async () => {
    receiver.answers.set('/one', [503]);
    const { agent, tokens } = await visit(['one']);
    await agent.get(logoutUrl(tokens.id_token));
    const [[first] = []] = await sent('/one');
    const {
      jobs: [job],
    } = await operator.store.jobs.list({ clientId: 'one' }, { limit: 5 });
    assert.deepEqual([job?.state, job?.attempts, job?.reason], ['waiting', 1, 'status 503']);
    assert.deepEqual(await sent('/one'), [[]]);
    await withClock(async ({ advance }) => {
      advance(10);
      const [[second] = []] = await sent('/one');
      assert.ok(first?.jti && second?.jti && first.jti !== second.jti);
      assert.equal(second.sid, first.sid);
      assert.ok((second.iat ?? 0) >= (first.iat ?? 0) + 10);
    });
    assert.deepEqual((await operator.store.jobs.list({}, { limit: 5 })).jobs, []);
  });

  it('waits as long as the client asks (Retry-After)', async () => {
    receiver.answers.set('/one', [429]);
    receiver.headers = { 'Retry-After': '600' };
    const { agent, tokens } = await visit(['one']);
    await agent.get(logoutUrl(tokens.id_token));
    await sent('/one');
    await withClock(async ({ advance }) => {
      advance(599);
      assert.deepEqual(await sent('/one'), [[]]);
      advance(2);
      const [again = []] = await sent('/one');
      assert.equal(again.length, 1);
    });
  });

  it('does not try again after 400, and keeps the job for the operator', async () => {
    receiver.answers.set('/one', [400]);
    const { agent, tokens, person } = await visit(['one']);
    await agent.get(logoutUrl(tokens.id_token));
    await sent('/one');
    const {
      jobs: [job],
    } = await operator.store.jobs.list({ state: 'failed' }, { limit: 5 });
    assert.deepEqual([job?.reason, job?.accountId], ['status 400', person.id]);
    await withClock(async ({ advance }) => {
      advance(86_400);
      assert.deepEqual(await sent('/one'), [[]]);
    });
    assert.equal(await operator.store.jobs.retry(job?.id ?? ''), 'retried');
    const [[again] = []] = await sent('/one');
    assert.equal(again?.sub, person.id);
  });

  it('a client that does not answer delays no sign-out, and no other client', async () => {
    receiver.answers.set('/slow', ['hang']);
    const { agent, tokens } = await visit(['slow', 'two']);
    const arrived = new Promise<void>((resolve) => {
      receiver.onReceived = ({ path }) => path === '/two' && resolve();
    });
    // Without the outbox this would take until the request to the client has failed.
    assert.equal((await agent.get(logoutUrl(tokens.id_token))).status, 303);
    await arrived;
    receiver.onReceived = () => {};
    const listed = await operator.store.jobs.list({ clientId: 'slow' }, { limit: 5 });
    assert.deepEqual(
      listed.jobs.map(({ attempts }) => attempts),
      [1],
    );
    receiver.release();
    await server.running.sendJobs();
    assert.deepEqual((await operator.store.jobs.list({ clientId: 'slow' }, { limit: 5 })).jobs, []);
    receiver.take('/slow');
    receiver.take('/two');
  });

  it('goes out when the account is disabled, gets a password, or is removed by command', async () => {
    const ends = {
      disabled: (id: string) => operator.accounts.disable(id),
      password: (id: string) => operator.accounts.setPassword(id, 'another long enough phrase'),
      removed: (id: string) => operator.accounts.remove(id),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { person, sids } = await visit(['one', 'two']);
      // Another browser.
      const other = await visit(['one'], { person });
      await end(person.id);
      const [one = [], two = []] = await sent('/one', '/two');
      const found = [...one, ...two].map(({ sid }) => sid).toSorted();
      assert.deepEqual(found, [sids.one, sids.two, other.sids.one].toSorted(), name);
      assert.ok([...one, ...two].every(({ sub }) => sub === person.id));
    }
  });

  it('goes out when the session is ended by its handle, and no other one', async () => {
    const { person, sids } = await visit(['one']);
    await visit(['one'], { person });
    const { sessions } = await operator.sessions.list(person.id, { limit: 5 });
    const first = sessions.find(
      ({ beganAt }) => beganAt === Math.min(...sessions.map((s) => s.beganAt ?? 0)),
    );
    assert.equal(await operator.sessions.end(person.id, first?.handle ?? ''), true);
    const [one = []] = await sent('/one');
    assert.deepEqual(one.length, 1);
    if (sessions[0]?.beganAt !== sessions[1]?.beganAt) assert.equal(one[0]?.sid, sids.one);
  });

  it('goes out for the first person when another one signs in in the browser', async () => {
    const { agent, sids } = await visit(['one']);
    const second = await newPerson();
    const request = authorizationRequest(server.issuer, {
      client_id: 'two',
      redirect_uri: clientOf('two').redirectUri,
      prompt: 'login',
    });
    const page = await agent.follow(request.url);
    const form = { login: second.username, password: second.password };
    let { url, response } = await agent.submit({ url: page.url, html: await page.response.text() }, form);
    for (let n = 0; n < 3 && !url.searchParams.has('code'); n++) {
      const html = await response.text();
      ({ url, response } = await agent.submit({ url, html }, { logout: 'yes' }));
    }
    assert.ok(url.searchParams.has('code'), url.href);
    const [one = [], two = []] = await sent('/one', '/two');
    assert.deepEqual(
      one.map(({ sid }) => sid),
      [sids.one],
    );
    assert.deepEqual(two, []);
  });

  it('refresh tokens with offline_access survive a sign-out, and nothing else', async () => {
    const parameters = { scope: 'openid offline_access', prompt: 'consent' };
    const refresh = async (refreshToken: unknown) => {
      const form = { grant_type: 'refresh_token', refresh_token: String(refreshToken) };
      return (await token(server.issuer, form, clientOf('one'))).response.status;
    };
    const out = await visit(['one'], { parameters });
    await out.agent.get(logoutUrl(out.tokens.id_token));
    assert.equal(await refresh(out.tokens.refresh_token), 200);
    const disabled = await visit(['one'], { parameters });
    await operator.accounts.disable(disabled.person.id);
    const changed = await visit(['one'], { parameters });
    await operator.accounts.setPassword(changed.person.id, 'another long enough phrase');
    for (const { tokens } of [disabled, changed]) assert.equal(await refresh(tokens.refresh_token), 400);
    await sent('/one');
  });

  it('drops the jobs of a client that is removed, and of one without a back channel any more', async () => {
    await operator.clients.add({
      ...app('gone', { backchannel_logout_uri: `${receiver.origin}/gone` }),
      client_secret: undefined,
      token_endpoint_auth_method: 'none',
    } as never);
    receiver.answers.set('/gone', [503]);
    const person = await newPerson();
    const { tokens, agent } = await signIn(server.issuer, {
      client: { ...clientOf('gone'), secret: '' },
      person,
    });
    await agent.get(logoutUrl(tokens.id_token));
    await sent('/gone');
    assert.equal((await operator.store.jobs.list({ clientId: 'gone' }, { limit: 5 })).jobs.length, 1);
    await operator.clients.remove('gone');
    assert.deepEqual((await operator.store.jobs.list({ clientId: 'gone' }, { limit: 5 })).jobs, []);
  });

  it('drops a job whose session lives: a crash has come between the job and the end', async () => {
    const { agent, tokens, person } = await visit(['one']);
    for await (const record of operator.store.transfer.dump()) {
      const jobs = record.type === 'artifact' ? (record.listed?.jobs ?? []) : [];
      await operator.store.jobs.enqueue(jobs.filter(({ accountId }) => accountId === person.id));
    }
    assert.deepEqual(await sent('/one'), [[]]);
    const ofPerson = async () =>
      (await operator.store.jobs.list({ accountId: person.id }, { limit: 5 })).jobs;
    assert.deepEqual(
      (await ofPerson()).map(({ reason }) => reason),
      ['the session has not ended'],
    );
    await withClock(async ({ advance }) => {
      advance(61);
      assert.deepEqual(await sent('/one'), [[]]);
    });
    assert.deepEqual(await ofPerson(), []);
    await agent.get(logoutUrl(tokens.id_token));
    const [one = []] = await sent('/one');
    assert.equal(one.length, 1);
  });

  it('leaves events in the audit trail, and no token in the log', async () => {
    const { agent, tokens } = await visit(['two']);
    await agent.get(logoutUrl(tokens.id_token));
    await server.running.sendJobs();
    const [received] = receiver.take('/two');
    await server.restart();
    const events = await operator.store.audit.list({ type: ['logout.sent', 'logout.failed'], limit: 500 });
    const { sub } = decodeJwt(received?.token ?? '');
    assert.deepEqual(
      events.flatMap(({ type, clientId, accountId }) => (accountId === sub ? [[type, clientId]] : [])),
      [['logout.sent', 'two']],
    );
    assert.ok(events.some(({ type, detail }) => type === 'logout.failed' && detail?.reason === 'status 400'));
    assert.ok(received && !server.logged.includes(received.token.split('.')[2] ?? ''));
  });
});
