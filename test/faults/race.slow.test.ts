import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { burst } from '../support/burst.ts';
import {
  authorizationRequest,
  authorize,
  basic,
  signIn,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { figure } from '../support/reporter.ts';
import { freePort } from '../support/server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { UserAgent } from '../support/user-agent.ts';

const CONCURRENT = 50;
const ROUNDS = 20;

describe('fifty concurrent redemptions over two processes on one database file', function () {
  this.timeout(120_000);
  let directory: string;
  let issuer: string;
  let servers: ServerProcess[];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-race-'));
    const port = await freePort();
    issuer = `http://localhost:${port}`;
    const env = { SIGNET_ISSUER: issuer, SIGNET_LOG_LEVEL: 'info' };
    const first = await startServerProcess(directory, env);
    servers = [first, await startServerProcess(directory, { ...env, SIGNET_PORT: String(await freePort()) })];
  });
  after(async () => {
    for (const server of servers ?? []) await server.end('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  });

  async function redeemConcurrently(fields: Record<string, string>): Promise<TokenResponse> {
    const answers = await burst(
      servers.map(({ port }) => port),
      {
        path: '/token',
        host: new URL(issuer).host,
        headers: { Authorization: basic(WEB) },
        body: new URLSearchParams(fields).toString(),
      },
      CONCURRENT,
    );
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status, body }) => status === 400 && body.includes('"invalid_grant"'));
    assert.deepEqual(
      [won.length, lost.length],
      [1, CONCURRENT - 1],
      JSON.stringify(answers.map(({ status }) => status)),
    );
    return JSON.parse(won[0]?.body as string) as TokenResponse;
  }

  /** RFC 6749 §4.1.2: after a second redemption, nothing that the first one gave works. */
  async function assertDead(tokens: TokenResponse): Promise<void> {
    const userinfo = await fetch(`${issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(userinfo.status, 401);
    const refresh = await token(issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    assert.equal(refresh.body.error, 'invalid_grant');
  }

  it('of an authorization code: one succeeds, and its tokens do not outlive the replay', async () => {
    const agent = new UserAgent();
    for (let round = 0; round < ROUNDS; round += 1) {
      const request = authorizationRequest(issuer, { scope: 'openid offline_access', prompt: 'consent' });
      const callback = await authorize(agent, request);
      const tokens = await redeemConcurrently({
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') as string,
        redirect_uri: WEB.redirectUri,
        code_verifier: request.verifier,
      });
      await assertDead(tokens);
    }
    figure(`authorization code over HTTP: ${ROUNDS} rounds of ${CONCURRENT}, 2 processes, one success each`);
  });

  it('of a refresh token: one succeeds, and the family ends', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { tokens } = await signIn(issuer, {
        parameters: { scope: 'openid offline_access', prompt: 'consent' },
      });
      const next = await redeemConcurrently({
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token as string,
      });
      await assertDead(next);
    }
    figure(`refresh token over HTTP: ${ROUNDS} rounds of ${CONCURRENT}, 2 processes, one success each`);
  });
});
