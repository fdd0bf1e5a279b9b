import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorizationRequest, authorize } from '../../../support/flow.ts';
import { UserAgent } from '../../../support/user-agent.ts';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { buildGo, goModule } from '../../support/go.ts';
import { MARIA } from '../../support/signet.ts';
import type { Stage } from '../../support/stage.ts';

const FILE = 'authentication-config.yaml';

export const client: InteropClient = {
  name: 'kubernetes',
  title: 'Kubernetes (kube-apiserver)',
  about:
    'The API server accepts ID tokens that `kubectl` gets through a credential plugin such as kubelogin. The run has the authenticator of the API server alone, from its module `k8s.io/apiserver`.',
  documentation:
    'https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens',
  toolchain: goModule('kubernetes', 'k8s.io/apiserver'),
  https: true,
  files: [
    {
      path: FILE,
      about:
        'For `--authentication-config` of kube-apiserver. With a private certificate authority, add its certificates as `certificateAuthority` beside `url`. The flags `--oidc-issuer-url`, `--oidc-client-id`, `--oidc-username-claim`, `--oidc-username-prefix`, `--oidc-groups-claim` and `--oidc-groups-prefix` take the same values.',
    },
    { path: 'main.go', about: 'What kube-apiserver does with the file.', hidden: true },
    { path: 'go.mod', about: 'The versions.', hidden: true },
    { path: 'go.sum', about: 'Checksums of the modules.', hidden: true },
  ],
  addOptions: ['--scope', 'openid profile email groups offline_access'],
  problems: [
    {
      says: '`oidc: parse username claims "preferred_username": claim not present`',
      cause:
        'The API server reads the ID token alone. `id_token_claims` of the client is off, or the request had no scope `profile`.',
      fix: 'Set `id_token_claims` of the client to `true`, and request the scopes `profile` and `groups` (with kubelogin: `--oidc-extra-scope`).',
    },
    {
      says: '`oidc: verify token: oidc: expected audience "…" got […]`',
      cause: 'The token is for another client, or it is an access token.',
      fix: 'Use the same client id on both sides. The API server needs the ID token.',
    },
    {
      says: '`URL scheme must be https`',
      cause: 'Kubernetes requires an issuer with https, also on localhost.',
      fix: 'Put a proxy with a certificate before Signet.',
    },
    {
      says: '`oidc: email not verified`',
      cause: 'The username claim is `email`, and the address of the account is not verified.',
      fix: 'Verify the address, or use `preferred_username` or `sub`.',
    },
  ],
  async run(stage) {
    const whoAmI = `${stage.appUrl}/whoami`;
    const maria = {
      username: `signet:${MARIA.username}`,
      groups: MARIA.groups.map((group) => `signet:${group}`),
    };
    await stage.step('starts, with discovery by https', async () => {
      trustAuthority(stage);
      await buildGo(stage);
      await stage.start('./app', []);
    });
    const tokens = await signIn(stage);
    await stage.step('accepts an ID token, with username and groups', async () => {
      assert.deepEqual(await answerOf(whoAmI, tokens.id_token), [200, maria]);
    });
    await stage.step('accepts the ID token of a refresh', async () => {
      const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
      assert.deepEqual(await answerOf(whoAmI, (await requestTokens(stage, parameters)).id_token), [
        200,
        maria,
      ]);
    });
    await stage.step('refuses an ID token without the username claim', async () => {
      const { id_token: token } = await signIn(stage, 'openid');
      const message = 'oidc: parse username claims "preferred_username": claim not present';
      assert.deepEqual(await answerOf(whoAmI, token), [401, message]);
    });
    await stage.step('refuses an access token for an API', async () => {
      const token = await stage.machineToken({ scope: 'orders:read' });
      const message = `oidc: verify token: oidc: expected audience "${stage.clientId}" got ["${ORDERS_API.audience}"]`;
      assert.deepEqual(await answerOf(whoAmI, token), [401, message]);
    });
  },
};

/** The certificate of the run is one of no public authority. */
function trustAuthority(stage: Stage): void {
  const file = join(stage.directory, FILE);
  const line = `      url: ${stage.issuer}\n`;
  const authority = `      certificateAuthority: ${JSON.stringify(stage.certificate)}\n`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(line, line + authority));
}

interface Tokens {
  id_token: string;
  refresh_token: string;
}

/** As kubelogin does: a public client with PKCE, and a listener on a port of localhost. */
async function signIn(stage: Stage, scope = 'openid profile groups offline_access'): Promise<Tokens> {
  const redirectUri = 'http://localhost:18000';
  const request = authorizationRequest(stage.issuer, {
    client_id: stage.clientId,
    redirect_uri: redirectUri,
    scope,
    ...(scope.includes('offline_access') && { prompt: 'consent' }),
  });
  const callback = await authorize(new UserAgent(), request, MARIA);
  const code = callback.searchParams.get('code') ?? callback.href;
  const parameters = { code, redirect_uri: redirectUri, code_verifier: request.verifier };
  return await requestTokens(stage, { grant_type: 'authorization_code', ...parameters });
}

async function requestTokens(stage: Stage, parameters: Record<string, string>): Promise<Tokens> {
  const body = new URLSearchParams({ client_id: stage.clientId, ...parameters });
  const response = await fetch(`${stage.issuer}/token`, { method: 'POST', body });
  const tokens = (await response.json()) as Tokens;
  assert.equal(response.status, 200, JSON.stringify(tokens));
  return tokens;
}
