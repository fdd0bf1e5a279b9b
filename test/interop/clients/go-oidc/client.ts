import assert from 'node:assert/strict';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { buildGo, goModule } from '../../support/go.ts';
import { openJson, pick } from '../../support/json-app.ts';
import { asksForPassword } from '../../support/person.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'go-oidc',
  title: 'go-oidc with golang.org/x/oauth2 (Go)',
  about:
    'The packages with which most programs in Go sign people in: `go get github.com/coreos/go-oidc/v3 golang.org/x/oauth2`.',
  documentation: 'https://pkg.go.dev/github.com/coreos/go-oidc/v3/oidc',
  toolchain: goModule('go-oidc', 'github.com/coreos/go-oidc/v3', 'golang.org/x/oauth2'),
  files: [
    { path: 'main.go', about: 'Discovery, and the routes of the application.' },
    {
      path: 'login.go',
      about:
        'Sign-in with a nonce, as the examples of go-oidc do. PKCE is as good: `oauth2.S256ChallengeOption` at the start and `oauth2.VerifierOption` at the exchange, always both.',
    },
    { path: 'api.go', about: 'An API that verifies access tokens.' },
    { path: 'go.mod', about: 'The versions.', hidden: true },
    { path: 'go.sum', about: 'Checksums of the modules.', hidden: true },
  ],
  apis: [ORDERS_API],
  problems: [
    {
      says: '`oidc: issuer URL provided to client (…) did not match the issuer URL returned by provider (…)`',
      cause: 'The address differs from the issuer, often by a slash at its end.',
      fix: 'Use the issuer exactly as `signet.yaml` has it.',
    },
    {
      says: '`oidc: expected audience "https://orders.example.com" got [...]`',
      cause: 'The token is for another API, or it is an ID token.',
      fix: 'Request a scope of the API, or `resource` with its audience.',
    },
    {
      says: '`oidc: malformed jwt`',
      cause: 'The access token is opaque, because the request named no API.',
      fix: 'Request a scope of the API, or `resource` with its audience.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    const json = async (path: string) => await openJson(person, stage.appUrl + path);
    await stage.step('starts, with discovery', async () => {
      await buildGo(stage);
      await stage.start('./app', []);
    });
    await stage.step('refuses the answer to another sign-in', async () => {
      const { status, text } = await stage.person().visit(`${stage.appUrl}/auth/callback?code=x&state=y`);
      assert.deepEqual([status, text], [400, 'state did not match\n']);
    });
    await stage.step('signs a person in, and finds the claims in the ID token', async () => {
      const expected = { iss: stage.issuer, aud: stage.clientId, sub: stage.sub };
      assert.deepEqual(pick(await json('/login'), ['iss', 'aud', 'sub', 'name', 'email']), {
        ...expected,
        name: MARIA.name,
        email: MARIA.email,
      });
    });
    await stage.step('reads userinfo', async () => {
      const claims = await json('/profile');
      assert.deepEqual(pick(claims, ['sub', 'name', 'email', 'email_verified']), {
        sub: stage.sub,
        name: MARIA.name,
        email: MARIA.email,
        email_verified: true,
      });
    });
    await stage.step('refreshes', async () => assert.equal(await json('/refresh'), true));
    await stage.step('signs the person out at Signet too', async () => {
      const { url, text } = await person.visit(`${stage.appUrl}/logout`);
      assert.deepEqual([url.href, text], [`${stage.appUrl}/`, '"home"\n']);
      assert.equal(await asksForPassword(person, `${stage.appUrl}/login`), true);
    });
    const api = `${stage.appUrl}/orders`;
    await stage.step('accepts an access token of a person for the API', async () => {
      const token = await stage.personToken('openid orders:read');
      assert.deepEqual(await answerOf(api, token), [200, { orders: ['book'], sub: stage.sub }]);
    });
    await stage.step('refuses a token for another API', async () => {
      const token = await stage.machineToken({ scope: 'billing:read' });
      const message =
        'oidc: expected audience "https://orders.example.com" got ["https://billing.example.com"]\n';
      assert.deepEqual(await answerOf(api, token), [401, message]);
    });
    await stage.step('refuses a token without the scope', async () => {
      const token = await stage.machineToken({ scope: 'orders:write' });
      assert.deepEqual(await answerOf(api, token), [403, 'the token has not the scope orders:read\n']);
    });
    await stage.step('refuses a token that is no JWT', async () => {
      const [status, text] = await answerOf(api, 'opaque');
      assert.deepEqual(
        [status, text],
        [401, 'oidc: malformed jwt: go-jose/go-jose: compact JWS format must have three parts\n'],
      );
    });
  },
};
