import assert from 'node:assert/strict';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import type { JobDraft } from '../../src/store/store.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, signIn, token } from '../support/flow.ts';
import type { Define } from '../support/long-form.ts';
import { itAttempts } from './back-channel-attempts.ts';
import { app, BackChannelScene, clientOf, type StartServer } from './back-channel-scene.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * @param start of a server with this part of the configuration
 * @param itOfAnyStore defines the cases that the store cannot change: `itLong` for the second store
 */
export function describeBackChannelLogout(start: StartServer, itOfAnyStore: Define = it): void {
  let scene: BackChannelScene;
  before(async () => {
    scene = await BackChannelScene.start(start);
  });
  after(() => scene?.stop());

  it('tells the clients of a session about a sign-out, each with a token for it alone (§2.4, §2.5)', async () => {
    const { agent, sids, person, tokens } = await scene.visit(['one', 'silent', 'two']);
    assert.equal((await agent.get(scene.logoutUrl(tokens.id_token))).status, 303);
    await scene.server.running.sendJobs();
    const keys = createLocalJWKSet(
      (await (await fetch(`${scene.server.issuer}/jwks`)).json()) as JSONWebKeySet,
    );
    assert.deepEqual(scene.receiver.received.map(({ path }) => path).toSorted(), ['/one', '/two']);
    const ids: unknown[] = [];
    for (const id of ['one', 'two']) {
      const [received, ...others] = scene.receiver.take(`/${id}`);
      assert.ok(received && others.length === 0);
      assert.equal(received.contentType, 'application/x-www-form-urlencoded');
      const { payload, protectedHeader } = await jwtVerify(received.token, keys, {
        issuer: scene.server.issuer,
        audience: id,
        typ: 'logout+jwt',
        algorithms: ['RS256'],
      });
      const { iat = 0, exp, jti, ...claims } = payload;
      assert.deepEqual(claims, {
        iss: scene.server.issuer,
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
    const jobs = await scene.jobs();
    assert.deepEqual(jobs, []);
  });

  itOfAnyStore('says so in the metadata', async () => {
    const metadata = (await (
      await fetch(`${scene.server.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    assert.equal(metadata.backchannel_logout_supported, true);
    assert.equal(metadata.backchannel_logout_session_supported, true);
  });

  itOfAnyStore('sends nothing before an end, and nothing for a session that expires', async () => {
    const { agent } = await scene.visit(['one']);
    await withClock(async (clock) => {
      clock.advance(scene.server.config.lifetimes.session + 1);
      const answer = await agent.get(authorizationRequest(scene.server.issuer, { prompt: 'none' }).url);
      assert.match(answer.headers.get('location') ?? '', /login_required/);
      assert.deepEqual(await scene.sent('/one'), [[]]);
    });
  });

  itAttempts(() => scene, itOfAnyStore);

  it('goes out when the account is disabled, gets a password, or is removed by command', async () => {
    const ends = {
      disabled: (id: string) => scene.operator.accounts.disable(id),
      password: (id: string) => scene.operator.accounts.setPassword(id, 'another long enough phrase'),
      removed: (id: string) => scene.operator.accounts.remove(id),
    };
    for (const [name, end] of Object.entries(ends)) {
      const { person, sids } = await scene.visit(['one', 'two']);
      // Another browser.
      const other = await scene.visit(['one'], { person });
      await end(person.id);
      const [one = [], two = []] = await scene.sent('/one', '/two');
      const found = [...one, ...two].map(({ sid }) => String(sid)).toSorted();
      assert.deepEqual(found, [sids.one, sids.two, other.sids.one].map(String).toSorted(), name);
      assert.ok([...one, ...two].every(({ sub }) => sub === person.id));
    }
  });

  it('goes out when the session is ended by its handle, and no other one', async () => {
    const { person, sids } = await scene.visit(['one']);
    await scene.visit(['one'], { person });
    const { sessions } = await scene.operator.sessions.list(person.id, { limit: 5 });
    const first = sessions.find(
      ({ beganAt }) => beganAt === Math.min(...sessions.map((s) => s.beganAt ?? 0)),
    );
    assert.equal(await scene.operator.sessions.end(person.id, first?.handle ?? ''), true);
    const [one = []] = await scene.sent('/one');
    assert.deepEqual(one.length, 1);
    if (sessions[0]?.beganAt !== sessions[1]?.beganAt) assert.equal(one[0]?.sid, sids.one);
  });

  itOfAnyStore('goes out for the first person when another one signs in in the browser', async () => {
    const { agent, sids } = await scene.visit(['one']);
    const second = await scene.newPerson();
    const request = authorizationRequest(scene.server.issuer, {
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
    const [one = [], two = []] = await scene.sent('/one', '/two');
    assert.deepEqual(
      one.map(({ sid }) => sid),
      [sids.one],
    );
    assert.deepEqual(two, []);
  });

  itOfAnyStore(
    'goes out to a client that asks for a sign-out, also when the person stays signed in',
    async () => {
      const { agent, sids, tokens } = await scene.visit(['one', 'two']);
      const page = await agent.follow(`${scene.server.issuer}/logout?client_id=one`);
      await agent.submit({ url: page.url, html: await page.response.text() }, {});
      await withClock(async (clock) => {
        clock.advance(10);
        const [one = [], two = []] = await scene.sent('/one', '/two');
        assert.deepEqual([one.map(({ sid }) => sid), two], [[sids.one], []]);
        assert.equal((await agent.get(scene.logoutUrl(tokens.id_token))).status, 303);
        const [again, other = []] = await scene.sent('/one', '/two');
        assert.deepEqual([again, other.map(({ sid }) => sid)], [[], [sids.two]]);
      });
    },
  );

  itOfAnyStore('refresh tokens with offline_access survive a sign-out, and nothing else', async () => {
    const parameters = { scope: 'openid offline_access', prompt: 'consent' };
    const refresh = async (refreshToken: unknown) => {
      const form = { grant_type: 'refresh_token', refresh_token: String(refreshToken) };
      return (await token(scene.server.issuer, form, clientOf('one'))).response.status;
    };
    const out = await scene.visit(['one'], { parameters });
    await out.agent.get(scene.logoutUrl(out.tokens.id_token));
    assert.equal(await refresh(out.tokens.refresh_token), 200);
    const disabled = await scene.visit(['one'], { parameters });
    await scene.operator.accounts.disable(disabled.person.id);
    const changed = await scene.visit(['one'], { parameters });
    await scene.operator.accounts.setPassword(changed.person.id, 'another long enough phrase');
    for (const { tokens } of [disabled, changed]) assert.equal(await refresh(tokens.refresh_token), 400);
    await scene.sent('/one');
  });

  itOfAnyStore(
    'drops the jobs of a client that is removed, and of one without a back channel any more',
    async () => {
      const { client_secret: _, ...gone } = app('gone', { token_endpoint_auth_method: 'none' });
      const address = { backchannel_logout_uri: `${scene.receiver.origin}/gone` };
      await scene.operator.clients.add({ ...gone, ...address });
      const ends = [
        () => scene.operator.clients.update('gone', { backchannel_logout_uri: null }),
        () => scene.operator.clients.remove('gone'),
      ];
      await withClock(async (clock) => {
        for (const end of ends) {
          await scene.operator.clients.update('gone', address);
          // The server keeps a client for a second.
          clock.advance(2);
          scene.receiver.answers.set('/gone', [503]);
          const { tokens, agent } = await signIn(scene.server.issuer, {
            client: { ...clientOf('gone'), secret: '' },
            person: await scene.newPerson(),
          });
          await agent.get(scene.logoutUrl(tokens.id_token));
          assert.equal((await scene.sent('/gone'))[0]?.length, 1);
          assert.equal((await scene.jobs({ clientId: 'gone' })).length, 1);
          await end();
          clock.advance(60);
          assert.deepEqual(await scene.sent('/gone'), [[]]);
          assert.deepEqual(await scene.jobs({ clientId: 'gone' }), []);
        }
      });
    },
  );

  it('drops a job whose session lives: a crash has come between the job and the end', async () => {
    const { agent, tokens, person } = await scene.visit(['one']);
    const jobs: JobDraft[] = [];
    for await (const record of scene.operator.store.transfer.dump())
      if (record.type === 'artifact') jobs.push(...(record.listed?.jobs ?? []));
    const ofPerson = async () => await scene.jobs({ accountId: person.id });
    await withClock(async (clock) => {
      await scene.operator.store.jobs.enqueue(jobs.filter(({ accountId }) => accountId === person.id));
      // The clock of the sender is ahead: the session may end now.
      clock.advance(61);
      assert.deepEqual(await scene.sent('/one'), [[]]);
      assert.deepEqual(
        (await ofPerson()).map(({ reason }) => reason),
        ['the session has not ended'],
      );
      clock.advance(10);
      assert.deepEqual(await scene.sent('/one'), [[]]);
    });
    assert.deepEqual(await ofPerson(), []);
    await agent.get(scene.logoutUrl(tokens.id_token));
    const [one = []] = await scene.sent('/one');
    assert.equal(one.length, 1);
  });

  it('leaves events in the audit trail, and no token in the log', async () => {
    const { agent, tokens } = await scene.visit(['two']);
    await agent.get(scene.logoutUrl(tokens.id_token));
    await scene.server.running.sendJobs();
    const [received] = scene.receiver.take('/two');
    await scene.server.restart();
    const events = await scene.operator.store.audit.list({
      type: ['logout.sent', 'logout.failed'],
      limit: 500,
    });
    const { sub } = decodeJwt(received?.token ?? '');
    assert.deepEqual(
      events.flatMap(({ type, clientId, accountId }) => (accountId === sub ? [[type, clientId]] : [])),
      [['logout.sent', 'two']],
    );
    assert.ok(events.some(({ type, detail }) => type === 'logout.failed' && detail?.reason === 'status 400'));
    assert.ok(received && !scene.server.logged.includes(received.token.split('.')[2] ?? ''));
  });
}
