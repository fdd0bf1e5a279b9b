import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { consentKey } from '../../src/accounts/consents.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import {
  authorizationRequest,
  authorize,
  redeem,
  signIn,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import type { Define } from '../support/long-form.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import type { TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { type ArtifactsClass, holdAtWrite } from './hold.ts';

const OFFLINE = { scope: 'openid email offline_access', prompt: 'consent' };

/**
 * @param start a server on an empty store
 * @param artifacts the class whose writes are held
 * @param itOfAnyStore defines the cases that the store cannot change: `itLong` for the second store
 */
export function describeConsents(
  start: () => Promise<TestServer>,
  artifacts: ArtifactsClass,
  itOfAnyStore: Define = it,
): void {
  let server: TestServer;
  let operator: Operator;
  let store: Store;
  let accountId: string;
  let other: typeof WEB;

  before(async () => {
    server = await start();
    operator = await operate(server);
    store = await openStore(server.config.store, { clock: Date.now });
    accountId = (await operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
    const metadata = {
      client_id: 'other',
      redirect_uris: ['http://localhost:4000/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid email offline_access',
    };
    const { secret = '' } = await operator.clients.add(metadata);
    other = { id: 'other', secret, redirectUri: 'http://localhost:4000/cb' };
  });
  after(async () => {
    await store.close();
    await operator.close();
    await server.stop();
  });
  beforeEach(async () => {
    await operator.accounts.signOut(accountId);
    for (const { id } of [WEB, other]) await operator.consents.withdraw(accountId, id);
  });

  async function list() {
    return (await operator.consents.list(accountId, { limit: 50 })).consents;
  }

  async function refresh({ refresh_token = '' }: TokenResponse, client = WEB): Promise<TokenResponse> {
    return (await token(server.issuer, { grant_type: 'refresh_token', refresh_token }, client)).body;
  }

  /** The error of an authorization request without a page, null for none. */
  async function silentError(agent: UserAgent): Promise<string | null> {
    const { url } = await agent.follow(
      authorizationRequest(server.issuer, { prompt: 'none', scope: 'openid' }).url,
    );
    return url.searchParams.get('error');
  }

  it('are listed with client, scopes, APIs and times', async () => {
    const started = Math.floor(Date.now() / 1000);
    const parameters = { scope: 'openid email messages:read', resource: 'http://localhost:3001' };
    await signIn(server.issuer, { parameters });
    const [consent, ...others] = await list();
    assert.deepEqual(others, []);
    assert.ok(consent);
    const { givenAt = 0, expiresAt = 0, ...rest } = consent;
    assert.ok(givenAt >= started && givenAt <= Date.now() / 1000);
    assert.equal(expiresAt, givenAt + server.config.lifetimes.consent);
    assert.deepEqual(rest, {
      clientId: 'demo-web',
      clientName: 'Sample App',
      openid: ['openid', 'email'],
      resources: { 'http://localhost:3001': ['messages:read'] },
    });
  });

  it('that are withdrawn end the grants of the client in all sessions, and no other', async () => {
    const [one, two] = [
      await signIn(server.issuer, { parameters: OFFLINE }),
      await signIn(server.issuer, { parameters: OFFLINE }),
    ];
    const kept = await signIn(server.issuer, { agent: one.agent, parameters: OFFLINE, client: other });
    assert.deepEqual(
      (await list()).map(({ clientId }) => clientId),
      ['demo-web', 'other'],
    );
    assert.equal(await operator.consents.withdraw(accountId, WEB.id), true);
    assert.deepEqual(
      (await list()).map(({ clientId }) => clientId),
      ['other'],
    );
    for (const { tokens, agent } of [one, two]) {
      assert.equal((await refresh(tokens)).error, 'invalid_grant');
      assert.equal(await silentError(agent), 'consent_required');
    }
    assert.ok((await refresh(kept.tokens, other)).refresh_token);
  });

  itOfAnyStore('can be given again after they were withdrawn', async () => {
    const { agent } = await signIn(server.issuer, { parameters: OFFLINE });
    await operator.consents.withdraw(accountId, WEB.id);
    const { tokens } = await signIn(server.issuer, { agent, parameters: OFFLINE });
    assert.ok((await refresh(tokens)).refresh_token);
    assert.equal(await silentError(agent), null);
    assert.equal((await list()).length, 1);
    await operator.consents.withdraw(accountId, other.id);
    assert.equal((await list()).length, 1);
    await signIn(server.issuer, { agent, parameters: OFFLINE });
    assert.equal((await list()).length, 1);
  });

  for (const kind of ['Consent', 'Grant'] as const) {
    it(`that are withdrawn while the page is submitted (${kind}) stay withdrawn`, async () => {
      const agent = new UserAgent();
      await signIn(server.issuer, { agent, client: other, parameters: { scope: 'openid' } });
      const request = authorizationRequest(server.issuer, { scope: 'openid email' });
      let forms = 0;
      const submit = agent.submit.bind(agent);
      agent.submit = (...page) => {
        forms += 1;
        return submit(...page);
      };
      const outcome = await holdAtWrite(
        artifacts,
        kind,
        () => authorize(agent, request),
        () => operator.consents.withdraw(accountId, WEB.id),
      );
      assert.equal(forms, 2, 'the person was asked again');
      const { body } = await redeem(server.issuer, String(outcome.searchParams.get('code')), request);
      assert.ok(body.access_token);
      assert.equal((await list()).filter(({ clientId }) => clientId === WEB.id).length, 1);
    });
  }

  it('leave no token of a refresh that is under way when they are withdrawn', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: OFFLINE });
    const fresh = await holdAtWrite(
      artifacts,
      'RefreshToken',
      () => refresh(tokens),
      () => operator.consents.withdraw(accountId, WEB.id),
    );
    for (const each of fresh.error === undefined ? [tokens, fresh] : [tokens])
      assert.equal((await refresh(each)).error, 'invalid_grant');
  });

  itOfAnyStore('of an earlier version are listed without times, and can be withdrawn', async () => {
    const { instance = '' } = (await operator.clients.find(WEB.id)) ?? {};
    const remember = async () =>
      store.artifacts.upsert('Consent', consentKey(accountId, instance), {
        payload: { openid: ['openid'], resources: {} },
        expiresAt: Math.floor(Date.now() / 1000) + 60,
        accountId,
      });
    const stranger = await operator.accounts.add({ username: 'stranger', password: 'wonderland-tea-party' });
    await store.artifacts.upsert('Consent', consentKey(stranger.id, instance), {
      payload: { openid: ['openid', 'email'], resources: {} },
      expiresAt: Math.floor(Date.now() / 1000) + 60,
      accountId: stranger.id,
    });
    assert.deepEqual((await operator.consents.list(stranger.id, { limit: 5 })).consents, [
      {
        clientId: 'demo-web',
        clientName: 'Sample App',
        openid: ['openid', 'email'],
        resources: {},
        givenAt: undefined,
        expiresAt: undefined,
      },
    ]);
    assert.equal(await operator.consents.withdraw(stranger.id, WEB.id), true);
    assert.deepEqual((await operator.consents.list(stranger.id, { limit: 5 })).consents, []);
    await remember();
    assert.deepEqual(await list(), [], 'withdrawn before');
  });

  it('are listed page by page', async () => {
    const { agent } = await signIn(server.issuer);
    await signIn(server.issuer, { agent, client: other, parameters: { scope: 'openid' } });
    const first = await operator.consents.list(accountId, { limit: 1 });
    assert.deepEqual(
      [first.consents.map(({ clientId }) => clientId), first.next],
      [['demo-web'], 'demo-web'],
    );
    const second = await operator.consents.list(accountId, { limit: 1, after: first.next });
    assert.deepEqual([second.consents.map(({ clientId }) => clientId), second.next], [['other'], undefined]);
  });

  itOfAnyStore('of a client that was removed and added again are not listed', async () => {
    const metadata = { client_id: 'short-lived', redirect_uris: ['http://localhost:4001/cb'] };
    const { secret = '' } = await operator.clients.add(metadata);
    await signIn(server.issuer, {
      client: { id: 'short-lived', secret, redirectUri: 'http://localhost:4001/cb' },
      parameters: { scope: 'openid' },
    });
    assert.equal((await list()).length, 1);
    await operator.clients.remove('short-lived');
    assert.deepEqual(await list(), []);
    await operator.clients.add(metadata);
    assert.deepEqual(await list(), []);
    assert.equal(await operator.consents.withdraw(accountId, 'unknown'), false);
    assert.equal(await operator.consents.withdraw('unknown', WEB.id), false);
  });
}
