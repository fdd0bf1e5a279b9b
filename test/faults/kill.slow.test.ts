import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationRequest, redeem, signIn, token, type TokenResponse } from '../support/flow.ts';
import { figure } from '../support/reporter.ts';
import { freePort } from '../support/server.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import type { UserAgent } from '../support/user-agent.ts';

describe('kill -9 under load', function () {
  this.timeout(60_000);
  let directory: string;
  let issuer: string;
  let server: ServerProcess;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-kill-'));
    issuer = `http://localhost:${await freePort()}`;
    server = await startServerProcess(directory, { SIGNET_ISSUER: issuer });
  });
  after(async () => {
    await server?.end('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  });

  it('loses no acknowledged token, session or account', async () => {
    const sessions: UserAgent[] = [];
    const offline = { scope: 'openid offline_access', prompt: 'consent' };
    for (let person = 0; person < 8; person += 1)
      sessions.push((await signIn(issuer, { parameters: offline })).agent);

    /** Refresh tokens that were handed out and not used since. */
    const acknowledged = new Set<string>();
    let running = true;
    const load = sessions.map(async (agent) => {
      while (running) {
        try {
          const request = authorizationRequest(issuer, { scope: 'openid offline_access' });
          const { url } = await agent.follow(request.url);
          const { body } = await redeem(issuer, url.searchParams.get('code') as string, request);
          if (body.refresh_token === undefined) continue;
          acknowledged.add(body.refresh_token);
          if (acknowledged.size % 2 === 0) continue;
          // From here on its fate is unknown until the answer is there.
          acknowledged.delete(body.refresh_token);
          acknowledged.add((await refresh(body)).refresh_token as string);
        } catch {
          if (running) await sleep(5);
        }
      }
    });
    await sleep(3000);
    await server.end('SIGKILL');
    running = false;
    await Promise.all(load);
    assert.ok(acknowledged.size > 20, `only ${acknowledged.size} code flows were acknowledged`);

    server = await startServerProcess(directory, { SIGNET_ISSUER: issuer });
    for (const value of acknowledged) {
      const { response } = await token(issuer, { grant_type: 'refresh_token', refresh_token: value });
      assert.equal(response.status, 200, 'an acknowledged refresh token was lost');
    }
    for (const agent of sessions) {
      const { url } = await agent.follow(
        authorizationRequest(issuer, { scope: 'openid', prompt: 'none' }).url,
      );
      assert.ok(url.searchParams.has('code'), 'a session was lost');
    }
    figure(
      `kill -9 under load: ${acknowledged.size} acknowledged refresh tokens and ${sessions.length} sessions, all found again`,
    );
  });

  async function refresh(tokens: TokenResponse): Promise<TokenResponse> {
    const { body } = await token(issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    return body;
  }
});
