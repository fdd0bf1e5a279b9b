import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { burst } from '../support/burst.ts';
import { authorizationRequest, authorize, basic, token, type TokenResponse, WEB } from '../support/flow.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';

const WORKERS = 4;
const CONCURRENT = 50;
const ROUNDS = process.env.LONG_TESTS === '1' ? 200 : 20;

describe(`Fifty concurrent redemptions over ${WORKERS} workers on one database file`, function () {
  this.timeout(ROUNDS * 5000);
  let directory: string;
  let issuer: string;
  let primary: WorkerProcesses;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-workers-race-'));
    issuer = await freeIssuer();
    primary = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], {
      SIGNET_ISSUER: issuer,
    });
  });
  after(async () => {
    await primary?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  /** @returns the tokens of the one that succeeds */
  async function redeemConcurrently(fields: Record<string, string>): Promise<TokenResponse> {
    const request = {
      path: '/token',
      host: new URL(issuer).host,
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams(fields).toString(),
    };
    const answers = await burst([primary.port], request, CONCURRENT);
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status, body }) => status === 400 && body.includes('"invalid_grant"'));
    const statuses = answers.map(({ status }) => status).join(' ');
    assert.deepEqual([won.length, lost.length], [1, CONCURRENT - 1], statuses);
    return JSON.parse(won[0]?.body as string) as TokenResponse;
  }

  /** RFC 6749 §4.1.2: after a second redemption, nothing that the first one gave works. */
  async function assertDead(tokens: TokenResponse): Promise<void> {
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    assert.equal((await fetch(`${issuer}/userinfo`, { headers })).status, 401);
    const { body } = await token(issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    assert.equal(body.error, 'invalid_grant');
  }

  const agent = new UserAgent();

  /** What redeems a code that was just given. */
  async function authorizationCode(): Promise<Record<string, string>> {
    const request = authorizationRequest(issuer, { scope: 'openid offline_access', prompt: 'consent' });
    const callback = await authorize(agent, request);
    return {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') as string,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
  }

  it('of an authorization code: one succeeds, and its tokens do not outlive the replay', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await assertDead(await redeemConcurrently(await authorizationCode()));
    }
    figure(`authorization code, ${WORKERS} workers: ${ROUNDS} rounds of ${CONCURRENT}, one success each`);
  });

  it('of a refresh token: one succeeds, and the family ends', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { body } = await token(issuer, await authorizationCode());
      await assertDead(
        await redeemConcurrently({
          grant_type: 'refresh_token',
          refresh_token: body.refresh_token as string,
        }),
      );
    }
    figure(`refresh token, ${WORKERS} workers: ${ROUNDS} rounds of ${CONCURRENT}, one success each`);
  });

  it('reach all workers', async () => {
    const { text } = await primary.get('/metrics');
    const serving = text.matchAll(
      /^signet_http_request_duration_seconds_count\{worker="(\d)",.*route="token"/gm,
    );
    assert.equal(new Set([...serving].map(([, worker]) => worker)).size, WORKERS);
  });
});
