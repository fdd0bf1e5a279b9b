import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { kindsIn } from '../audit/search-cases.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { API, authorizationRequest, basic, MACHINE, redeem, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const PERSON = { username: 'alice', password: 'wonderland-tea-party' };

describe('The audit trail of a server', function () {
  this.timeout(60_000);
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ keys: join(makeMemoryDirectory('signet-audit'), 'keys') });
  });
  after(() => server.stop());

  it('has actor, target and outcome of every kind of event', async () => {
    await usesTokens();
    await failsToSignIn();
    await failsToAuthenticate();
    await deniesConsent();
    await signsOut();
    await fetch(`${server.issuer}/jwks`);
    // Events are written a moment later, at the latest when the server stops.
    await server.restart();
    const store = await openStore(server.config.store, { clock: Date.now });
    const kinds = await kindsIn(store);
    const alice = (await store.accounts.findByUsername(PERSON.username))?.id;
    const revoked = await store.audit.list({ type: 'token.revoked', limit: 9 });
    await store.close();
    assert.deepEqual(kinds, [
      'account.added: success, system, account',
      'client.added: success, system, client',
      'client.authentication_failed: failure, client without id, client',
      'client.authentication_failed: failure, client without id, client without id',
      'consent.denied: failure, person, consent without id',
      'consent.granted: success, person, consent without id',
      'key.announced: success, system, key',
      'keys.read: success, client without id, key without id',
      'login.failed: failure, person without id, account',
      'login.failed: failure, person without id, account without id',
      'login.succeeded: success, person, account',
      'session.ended: success, person, session without id',
      'token.issued: success, client, token without id',
      'token.repeated: success, client, token without id',
      'token.reused: failure, client, grant without id',
      'token.revoked: success, client, token',
      'token.revoked: success, client, token without id',
      'token.revoked: success, person, token without id',
    ]);
    // By sign-out, of a refresh token, of a machine token.
    assert.deepEqual(
      revoked.map(({ accountId }) => accountId),
      [alice, alice, undefined],
    );
  });

  async function usesTokens(): Promise<void> {
    const { issuer } = server;
    const scope = 'openid offline_access messages:read';
    const { tokens, code, request } = await signIn(issuer, {
      parameters: { scope, prompt: 'consent', resource: API },
    });
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    assert.equal((await token(issuer, refresh)).response.status, 200);
    assert.equal((await token(issuer, refresh)).response.status, 200);
    const machine = await token(
      issuer,
      { grant_type: 'client_credentials', scope: 'messages:read', resource: API },
      MACHINE,
    );
    await revoke(machine.body.access_token, MACHINE);
    await revoke(tokens.refresh_token as string, WEB);
    await redeem(issuer, code, request);
    const second = await signIn(issuer);
    await redeem(issuer, second.code, second.request);
  }

  async function revoke(value: string, client: { id: string; secret: string }): Promise<void> {
    const { status } = await fetch(`${server.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: new URLSearchParams({ token: value }),
    });
    assert.equal(status, 200);
  }

  async function failsToSignIn(): Promise<void> {
    for (const login of [PERSON.username, 'unknown']) {
      const { agent, url, html } = await signInPage({});
      await agent.submit({ url, html }, { login, password: 'wrong' });
    }
  }

  async function failsToAuthenticate(): Promise<void> {
    for (const id of [MACHINE.id, 'unknown']) {
      await token(server.issuer, { grant_type: 'client_credentials' }, { id, secret: 'wrong' });
    }
  }

  async function deniesConsent(): Promise<void> {
    const { agent, url, html } = await signInPage({ prompt: 'consent' });
    const { response } = await agent.submit(
      { url, html },
      { login: PERSON.username, password: PERSON.password },
    );
    const [, cancel = ''] = /href="([^"]*\/abort[^"]*)"/.exec(await response.text()) ?? [];
    await agent.follow(new URL(cancel.replaceAll('&amp;', '&'), server.issuer));
  }

  async function signsOut(): Promise<void> {
    const { agent, tokens } = await signIn(server.issuer);
    await agent.follow(`${server.issuer}/logout?id_token_hint=${tokens.id_token}`);
  }

  async function signInPage(parameters: Record<string, string>) {
    const agent = new UserAgent();
    const { response, url } = await agent.follow(authorizationRequest(server.issuer, parameters).url);
    return { agent, url, html: await response.text() };
  }
});
