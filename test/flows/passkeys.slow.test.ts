import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import type { Authenticator } from '../support/authenticator.ts';
import { eventually } from '../support/eventually.ts';
import { authorizationRequest, authorize, redeem } from '../support/flow.ts';
import { passkeyForm } from '../support/html-form.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { addPasskey, PasskeyPage } from '../support/passkeys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('a sign-in with a passkey', () => {
  let server: TestServer;
  let operator: Operator;
  let key: Authenticator;
  let accountId: string;
  before(async () => {
    server = await startTestServer();
    operator = await operate(server);
    accountId = (await operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
    key = await addPasskey({ ...operator, config: server.config }, accountId);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  it('needs no name and no password, and says what was done (RFC 8176)', async () => {
    const agent = new UserAgent();
    const claims = JSON.stringify({ id_token: { acr: null, amr: null } });
    const request = authorizationRequest(server.issuer, { claims });
    const { url, response } = await agent.follow(request.url);
    const { action, fields, options } = passkeyForm(await response.text());
    const next = await agent.post(new URL(action, url), { ...fields, credential: key.get(options) });
    assert.equal(next.status, 303);
    const callback = await authorize(agent, {
      ...request,
      url: new URL(next.headers.get('location') ?? '', url),
    });
    const { body } = await redeem(server.issuer, callback.searchParams.get('code') ?? '', request);
    const { sub, acr, amr } = decodeJwt(body.id_token ?? '');
    assert.deepEqual({ sub, acr, amr }, { sub: accountId, acr: 'phr', amr: ['hwk', 'user', 'mfa'] });
  });

  it('is offered by a page that writes nothing', async () => {
    const page = await PasskeyPage.open(server.issuer);
    const { options } = passkeyForm(page.html);
    assert.deepEqual(Object.keys(options), ['challenge', 'rpId', 'timeout', 'userVerification']);
    assert.match(page.html, /autocomplete="username webauthn"/);
    const before = await counts(operator);
    const again = await page.agent.get(page.url);
    assert.notEqual(passkeyForm(await again.text()).options.challenge, options.challenge);
    assert.equal(await counts(operator), before);
  });

  it('is refused with a text that names no reason, which the audit trail has', async () => {
    const page = await PasskeyPage.open(server.issuer);
    const response = await page.use(key, { origin: 'https://evil.example' });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /The passkey was not accepted/);
    assert.equal((await page.use(key)).status, 303);
    const failed = () => operator.store.audit.list({ type: 'login.failed', limit: 1 });
    await eventually('the event is written', async () => (await failed()).length > 0);
    assert.deepEqual((await failed())[0]?.detail, { reason: 'wrong_signature', method: 'passkey' });
  });

  it('is not needed beside a password, where the key is a second factor', async () => {
    const person = { username: 'bob', password: 'through-the-looking-glass' };
    const { id } = await operator.accounts.add(person);
    const securityKey = await addPasskey({ ...operator, config: server.config }, id, {
      kind: 'security_key',
      answer: { userVerified: false },
    });
    const agent = new UserAgent();
    const claims = JSON.stringify({ id_token: { acr: null, amr: null } });
    const request = authorizationRequest(server.issuer, { claims });
    const login = await agent.follow(request.url);
    const page = { url: login.url, html: await login.response.text() };
    const { url, response } = await agent.submit(page, { login: 'bob', password: person.password });
    assert.match(url.pathname, /\/second_factor$/);
    const { action, fields, options } = passkeyForm(await response.text());
    assert.deepEqual(options.allowCredentials, [
      { id: securityKey.credentialId, type: 'public-key', transports: ['internal'] },
    ]);
    const post = (credential: string) => agent.post(new URL(action, url), { ...fields, credential });
    const refused = await post(key.get(options));
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /The key was not accepted/);
    const next = await post(securityKey.get(options, { userVerified: false, userHandle: undefined }));
    assert.equal(next.status, 303);
    const callback = await authorize(agent, {
      ...request,
      url: new URL(next.headers.get('location') ?? '', url),
    });
    const { body } = await redeem(server.issuer, callback.searchParams.get('code') ?? '', request);
    const { acr, amr } = decodeJwt(body.id_token ?? '');
    assert.deepEqual(
      { acr, amr },
      { acr: 'https://refeds.org/profile/mfa', amr: ['pwd', 'hwk', 'user', 'mfa'] },
    );
  });
});

/** Records of the store, without audit events. */
async function counts({ store }: Operator): Promise<number> {
  let count = 0;
  for await (const { type } of store.transfer.dump()) if (type !== 'audit event') count += 1;
  return count;
}
