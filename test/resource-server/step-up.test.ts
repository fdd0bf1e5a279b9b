import assert from 'node:assert/strict';
import { Api } from './api.ts';
import { Issuer } from './issuer.ts';

const MFA = 'https://refeds.org/profile/mfa';

describe('resource server: step-up (RFC 9470)', () => {
  let issuer: Issuer;
  let api: Api;
  before(async () => {
    issuer = await Issuer.start();
    const urgent = { acrValues: [MFA, 'phr'], maxAge: 300 };
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience, urgent });
  });
  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  async function write(
    claims: Record<string, unknown>,
    path = '/messages/urgent',
  ): Promise<[number, string | undefined]> {
    const { status, headers } = await api.ask({
      method: 'POST',
      path,
      token: await issuer.token({ claims }),
      body: '{"text":"now"}',
      headers: { 'content-type': 'application/json' },
    });
    return [status, headers['www-authenticate']];
  }

  const now = () => Math.floor(Date.now() / 1000);

  it('accepts two factors and a passkey, of a recent sign-in', async () => {
    for (const acr of [MFA, 'phr'])
      assert.deepEqual(await write({ acr, auth_time: now() - 290 }), [201, undefined]);
  });

  it('asks for them otherwise, by acr_values and max_age, and with its scope', async () => {
    const challenge =
      'Bearer error="insufficient_user_authentication", error_description="This needs a stronger or more recent sign-in", ' +
      `acr_values="${MFA} phr", max_age="300", scope="messages:write"`;
    for (const claims of [
      {},
      { acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', auth_time: now() },
      { acr: [MFA], auth_time: now() },
      { acr: `${MFA} phr`, auth_time: now() },
      { acr: MFA },
      { acr: MFA, auth_time: now() - 310 },
    ]) {
      const [status, header] = await write(claims);
      assert.equal(status, 401, JSON.stringify(claims));
      assert.equal(header?.replace(/, resource_metadata="[^"]*"$/, ''), challenge);
    }
  });

  it('rejects a token without the scope first, and asks nothing of other operations', async () => {
    const [status, header] = await write({ scope: 'messages:read', acr: MFA, auth_time: now() });
    assert.equal(status, 403);
    assert.match(String(header), /error="insufficient_scope"/);
    assert.deepEqual(await write({}, '/messages'), [201, undefined]);
  });
});
