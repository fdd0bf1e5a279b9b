import assert from 'node:assert/strict';
import { authorizationRequest, signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer, sameAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const NARROW = {
  client_id: 'narrow',
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  scope: 'openid',
  first_party: true,
};

describe('C: claims, and how a person has signed in', () => {
  const stage = useStage({ clients: [NARROW] });
  const narrow = { id: NARROW.client_id, secret: SECRET, redirectUri: WEB.redirectUri };

  row('C45', 'claims: malformed, wrong types, ambiguous, too long, too deep', 'R(invalid_request)', () => {
    const values = [
      'x',
      '{',
      '[]',
      '1',
      '"userinfo"',
      'null',
      '{}',
      '{"__proto__":{"userinfo":{"name":null}}}',
      '{"userinfo":[]}',
      '{"id_token":1}',
      '{"userinfo":null}',
      '{"userinfo":{"name":true}}',
      '{"userinfo":{"name":[]}}',
      '{"userinfo":{"name":{"essential":"true"}}}',
      '{"userinfo":{"name":{"values":"x"}}}',
      '{"userinfo":{"name":{"values":[[1]]}}}',
      '{"id_token":{"sub":{"value":{"toString":1}}}}',
      `{"userinfo":{"name":{"values":${JSON.stringify(Array(21).fill(1))}}}}`,
      '{"userinfo":{"name":null,"name":{"essential":true}}}',
      '{"userinfo":{"name":null},"userinfo":{"email":null}}',
      '{"userinfo":{"\\ud800":null}}',
      '\uFEFF{"userinfo":{"name":null}}',
      `{"userinfo":{"name":{"value":${'['.repeat(1500)}${']'.repeat(1500)}}}}`,
      `{"userinfo":{"${'x'.repeat(2048)}":null}}`,
    ];
    return sameAnswer(
      stage,
      [
        ...values.map((claims) => ({ claims })),
        { scope: 'messages:read', claims: '{"userinfo":{"name":null}}' },
      ],
      'R(invalid_request)',
    );
  });

  row('C45', 'claims: names of Object.prototype, script', '303 /interaction', async () => {
    const claims =
      '{"userinfo":{"__proto__":{"essential":true},"constructor":{"value":1},"toString":null,"<script>":null},"id_token":{"__proto__":null},"__proto__":{"name":null}}';
    const seen = await authorizationAnswer(stage, { claims });
    const { tokens } = await signIn(stage.issuer, { parameters: { scope: 'openid', claims } });
    assert.equal(await userinfo(tokens.access_token), 'sub');
    return seen;
  });

  row('C46', 'claims that no scope of the client opens, essential', 'sub', async () => {
    const all = Object.fromEntries(
      ['name', 'email', 'email_verified', 'groups', 'address', 'preferred_username'].map((name) => [
        name,
        { essential: true },
      ]),
    );
    const claims = JSON.stringify({ userinfo: all, id_token: all });
    const { tokens } = await signIn(stage.issuer, {
      client: narrow,
      parameters: { scope: 'openid profile', claims },
    });
    const payload = JSON.parse(atob(String(tokens.id_token).split('.')[1] ?? '')) as object;
    assert.deepEqual(
      Object.keys(payload).filter((name) => name in all),
      [],
    );
    return await userinfo(tokens.access_token);
  });

  row(
    'C47',
    'an essential acr that nothing reaches, beside acr_values that are',
    'R(unmet_authentication_requirements)',
    async () => {
      const { agent } = await signIn(stage.issuer);
      const acr = { essential: true, value: 'urn:example:gold' };
      const parameters = {
        claims: JSON.stringify({ id_token: { acr } }),
        acr_values: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      };
      for (const prompt of ['none', 'login']) {
        const { url } = authorizationRequest(stage.issuer, { ...parameters, prompt });
        const seen = await answer(stage, await agent.get(url));
        assert.equal(seen, 'R(unmet_authentication_requirements)', prompt);
      }
      return await authorizationAnswer(stage, parameters, new UserAgent());
    },
  );

  /** The names of the claims. */
  async function userinfo(accessToken: string): Promise<string> {
    const response = await fetch(`${stage.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    return Object.keys((await response.json()) as object).join(' ');
  }
});
