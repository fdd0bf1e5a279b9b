import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InteropClient } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { pypi } from '../../support/pypi.ts';
import { MARIA } from '../../support/signet.ts';
import type { Stage } from '../../support/stage.ts';

export const client: InteropClient = {
  name: 'synapse',
  title: 'Synapse (Matrix)',
  about: 'The homeserver of Matrix by Element, which signs people in with OpenID Connect.',
  documentation: 'https://element-hq.github.io/synapse/latest/openid.html',
  toolchain: pypi('synapse', 'matrix-synapse', 'Authlib'),
  files: [
    {
      path: 'oidc.yaml',
      about:
        'The address in `--app-url` is the `public_baseurl` of Synapse. With `allow_existing_users: true` an account of Synapse with the same name is used.',
    },
    { path: 'homeserver.yaml', about: 'The rest of a homeserver.', hidden: true },
  ],
  problems: [
    {
      says: '`localpart is invalid:`',
      cause: 'Synapse reads the name from the ID token, and `id_token_claims` of the client is off.',
      fix: 'Set `id_token_claims` of the client to `true`, or `user_profile_method: userinfo_endpoint` in Synapse.',
    },
    {
      says: '`"issuer" MUST use "https" scheme` in the log',
      cause: 'Signet runs on http://localhost.',
      fix: 'Set `skip_verification: true`, for tests only.',
    },
    {
      says: 'A person gets the name `@maria1:…`',
      cause: 'Synapse has an account `@maria:…` that was not made by a sign-in with Signet.',
      fix: 'Set `allow_existing_users: true` if the same person has both accounts.',
    },
  ],
  async run(stage) {
    await stage.step('starts', () => startHomeserver(stage));
    await stage.step('signs a person in, and makes a Matrix account from the ID token', async () => {
      const { user_id: userId, access_token: token } = await signIn(stage);
      assert.equal(userId, '@maria:localhost');
      const profile = `${stage.appUrl}/_matrix/client/v3/profile/${userId}/displayname`;
      assert.deepEqual(await answerOf(profile, token), [200, { displayname: MARIA.name }]);
      const [, { threepids }] = (await answerOf(`${stage.appUrl}/_matrix/client/v3/account/3pid`, token)) as [
        number,
        { threepids: { address: string }[] },
      ];
      assert.deepEqual(
        threepids.map(({ address }) => address),
        [MARIA.email],
      );
    });
    await stage.step('signs the same person in again', async () => {
      assert.equal((await signIn(stage)).user_id, '@maria:localhost');
    });
  },
};

/** The files are for https. Here Signet is on http://localhost, and the port changes. */
async function startHomeserver(stage: Stage): Promise<void> {
  const listener = {
    port: stage.port,
    bind_addresses: ['127.0.0.1'],
    type: 'http',
    resources: [{ names: ['client'] }],
  };
  writeFileSync(join(stage.directory, 'listeners.yaml'), JSON.stringify({ listeners: [listener] }));
  const oidc = join(stage.directory, 'oidc.yaml');
  const issuer = `    issuer: '${stage.issuer}'\n`;
  writeFileSync(oidc, readFileSync(oidc, 'utf8').replace(issuer, `${issuer}    skip_verification: true\n`));
  const files = ['homeserver.yaml', 'listeners.yaml', 'oidc.yaml'].flatMap((file) => ['--config-path', file]);
  const command = `python -m synapse.app.homeserver ${files.join(' ')}`;
  await stage.start('sh', ['-c', `${command} --generate-keys && exec ${command}`]);
}

/** Single sign-on as a Matrix client performs it: in a browser, then with the token from there. */
async function signIn(stage: Stage): Promise<{ user_id: string; access_token: string }> {
  const login = `${stage.appUrl}/_matrix/client/v3/login`;
  const page = await stage
    .person()
    .visit(`${login}/sso/redirect/oidc-signet?redirectUrl=http://localhost/element`);
  assert.equal(page.status, 200, page.text);
  const token = /loginToken=([^"&]+)/.exec(page.text)?.[1];
  const body = JSON.stringify({ type: 'm.login.token', token });
  const response = await fetch(login, { method: 'POST', body });
  return (await response.json()) as { user_id: string; access_token: string };
}
