import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ExampleApi, InteropClient } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { goProgram } from '../../support/go.ts';
import { openJson } from '../../support/json-app.ts';
import { MARIA } from '../../support/signet.ts';
import type { Stage } from '../../support/stage.ts';

const FILE = 'oauth2-proxy.cfg';
const PKCE_LINE = 'code_challenge_method = "S256"';

/** oauth2-proxy knows people by their email address, also in access tokens. */
const REPORTS_API = {
  audience: 'https://reports.example.com',
  name: 'Reports',
  scopes: { 'reports:read': 'See your reports' },
  accessTokenClaims: ['email', 'groups', 'preferred_username'],
} as const satisfies ExampleApi;

export const client: InteropClient = {
  name: 'oauth2-proxy',
  title: 'oauth2-proxy',
  about: 'A reverse proxy that signs people in before an application, or for `auth_request` of nginx.',
  documentation: 'https://oauth2-proxy.github.io/oauth2-proxy/configuration/providers/openid_connect',
  toolchain: goProgram('oauth2-proxy', 'github.com/oauth2-proxy/oauth2-proxy/v7', 'v7.15.6'),
  files: [
    {
      path: FILE,
      about:
        'The last two lines are optional: they let programs in that have an access token for an API. oauth2-proxy needs the claim `email` in such a token, therefore the API has `accessTokenClaims`.',
    },
  ],
  apis: [REPORTS_API],
  addOptions: ['--scope', 'openid profile email groups'],
  setting: {
    lines: { [FILE]: [PKCE_LINE] },
    refusal:
      'code_challenge (S256) and nonce are missing: send one, or register the client with pkce: optional',
    detail:
      'pkce of the client is required_or_nonce; turn on PKCE with S256 in the client, or a nonce with the scope openid (RFC 9700 §2.1.1); if it has no such setting, register it with `pkce: optional`: in the file that declares it, or by `signet client update my-client-id --pkce optional`',
    instead: ['--pkce', 'optional'],
  },
  problems: [
    {
      says: '`The upstream identity provider returned an error: invalid_request`',
      cause: 'Signet refused the request: `code_challenge_method` is missing.',
      fix: `Set \`${PKCE_LINE}\`.`,
    },
    {
      says: "`403 Forbidden`, and the log has `email in id_token (…) isn't verified`",
      cause: 'The email address of the account is not verified.',
      fix: 'Verify it, or set `insecure_oidc_allow_unverified_email = true`.',
    },
    {
      says: '`403 Forbidden` after the sign-in',
      cause: 'The email address is none of `email_domains`, or the person is in none of `allowed_groups`.',
      fix: 'Correct them. The claim of the groups is `groups`, which is the default of `oidc_groups_claim`.',
    },
    {
      says: 'A redirect to the sign-in although the request has an access token',
      cause: 'The token is for an API that is not in `extra_jwt_issuers`, or has no claim `email`.',
      fix: 'Name the audience in `extra_jwt_issuers`, and `email` in `accessTokenClaims` of the API.',
    },
  ],
  async run(stage) {
    const upstream = await startUpstream();
    try {
      await use(stage, upstream);
    } finally {
      upstream.close();
      upstream.closeAllConnections();
    }
  },
};

async function use(stage: Stage, upstream: Server): Promise<void> {
  const { port } = upstream.address() as AddressInfo;
  await stage.step('starts, with discovery', async () => {
    const address = ['--http-address', `127.0.0.1:${stage.port}`, '--upstream', `http://127.0.0.1:${port}/`];
    // For https the default is right.
    await stage.start('oauth2-proxy', ['--config', FILE, ...address, '--cookie-secure=false']);
  });
  await stage.step('shows a page for an error of Signet', async () => {
    const { status } = await stage
      .person()
      .visit(`${stage.appUrl}/oauth2/callback?error=access_denied&state=x`);
    assert.equal(status, 403);
  });
  const seen = { user: stage.sub, email: MARIA.email, groups: MARIA.groups.join(','), name: MARIA.username };
  const person = stage.person();
  await stage.step('signs a person in, and tells the application who it is', async () => {
    assert.deepEqual(await openJson(person, `${stage.appUrl}/oauth2/start?rd=/`), seen);
  });
  await stage.step('answers userinfo of its own', async () => {
    const userinfo = await openJson(person, `${stage.appUrl}/oauth2/userinfo`);
    assert.deepEqual(userinfo, {
      user: stage.sub,
      email: MARIA.email,
      groups: MARIA.groups,
      preferredUsername: MARIA.username,
    });
  });
  await stage.step('accepts an access token for an API with the claim `email`', async () => {
    const token = await stage.personToken('openid reports:read');
    assert.deepEqual(await answerOf(`${stage.appUrl}/`, token), [200, seen]);
  });
  await stage.step('asks for a sign-in with a token for another API', async () => {
    const token = await stage.personToken('openid orders:read');
    assert.equal((await answerOf(`${stage.appUrl}/`, token))[0], 401);
  });
}

/** The application behind the proxy: answers with what the proxy says about the person. */
async function startUpstream(): Promise<Server> {
  const server = createServer(({ headers }, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(
      JSON.stringify({
        user: headers['x-forwarded-user'],
        email: headers['x-forwarded-email'],
        groups: headers['x-forwarded-groups'],
        name: headers['x-forwarded-preferred-username'],
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
