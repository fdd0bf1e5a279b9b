import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationRequest, authorize, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

/** Milliseconds. */
const OUTAGE = LONG ? 5000 : 1000;
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

describe('a server whose Redis fails', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let server: TestServer;
  let tokens: TokenResponse;

  before(async function () {
    await needRedis(this);
    redis = await startRedis({ appendfsync: 'always' });
    server = await startTestServer({ store: `redis://127.0.0.1:${redis.port}` });
  });
  after(async () => {
    redis?.signal('SIGCONT');
    await server?.stop();
    await redis?.stop();
  });
  beforeEach(async () => {
    ({ tokens } = await signIn(server.issuer, { parameters: OFFLINE }));
  });

  /** The request that redeems a new code. */
  async function newCode(): Promise<Record<string, string>> {
    const request = authorizationRequest(server.issuer, OFFLINE);
    const callback = await authorize(new UserAgent(), request);
    return {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') as string,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
  }

  const refresh = (): Record<string, string> => ({
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token as string,
  });

  /** Requests endpoints with and without the store. @returns the longest response time, in milliseconds */
  async function assertUnavailable(forms: readonly Record<string, string>[]): Promise<number> {
    const times: number[] = [];
    const ask = async (answer: Promise<Response>): Promise<void> => {
      const begin = performance.now();
      const { status, headers } = await answer;
      times.push(performance.now() - begin);
      assert.equal(status, 503);
      assert.match(headers.get('retry-after') ?? '', /^\d+$/);
    };
    const userinfo = { headers: { Authorization: `Bearer ${tokens.access_token}` } };
    await Promise.all([
      ...forms.map((form) => ask(token(server.issuer, form).then(({ response }) => response))),
      ask(fetch(`${server.issuer}/userinfo`, userinfo)),
      ask(fetch(authorizationRequest(server.issuer).url, { redirect: 'manual' })),
    ]);
    for (const path of [
      '/jwks',
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
    ]) {
      assert.equal((await fetch(`${server.issuer}${path}`)).status, 200, path);
    }
    return Math.round(Math.max(...times));
  }

  /** @returns milliseconds until a sign-in succeeds */
  async function untilBack(): Promise<number> {
    const begin = performance.now();
    await eventually(
      'sign-in works',
      async () => (await signIn(server.issuer)).tokens.access_token !== undefined,
    );
    return Math.round(performance.now() - begin);
  }

  it('R05 Redis stopped and started: 503 with Retry-After meanwhile, and nothing issued before is lost', async () => {
    const code = await newCode();
    await redis.kill();
    const first = await assertUnavailable([code, refresh()]);
    await sleep(OUTAGE);
    const later = await assertUnavailable([code, refresh()]);
    await redis.restart();
    const back = await untilBack();
    for (const form of [code, refresh()]) {
      const { response } = await token(server.issuer, form);
      assert.equal(response.status, 200);
    }
    figure(
      `R05 Redis down for ${OUTAGE} ms: 503 within ${first} and ${later} ms, a sign-in works ${back} ms after it is back`,
    );
  });

  it('R05 Redis frozen: 503 with Retry-After within a second, until it continues', async () => {
    redis.signal('SIGSTOP');
    const frozen = performance.now();
    const times: number[] = [];
    while (times.length === 0 || performance.now() - frozen < OUTAGE)
      times.push(await assertUnavailable([refresh()]));
    redis.signal('SIGCONT');
    const back = await untilBack();
    figure(
      `R05 Redis frozen: 503 within ${Math.max(...times)} ms, a sign-in works ${back} ms after it thaws`,
    );
  });

  it('R07 Redis full: 503 until there is space, and nothing is half-consumed', async () => {
    const code = await newCode();
    await redis.command('config', 'set', 'maxmemory', '1mb');
    const forms = [code, refresh()];
    const answers = await Promise.all(forms.map((form) => token(server.issuer, form)));
    for (const { response } of answers) {
      assert.equal(response.status, 503);
      assert.ok(response.headers.has('retry-after'));
    }
    assert.equal((await fetch(`${server.issuer}/jwks`)).status, 200);
    await redis.command('config', 'set', 'maxmemory', '0');
    for (const form of forms) {
      const { response, body } = await token(server.issuer, form);
      assert.equal(response.status, 200, JSON.stringify(body));
    }
    figure(
      'R07 Redis full: a code and a refresh token are answered with 503, and with tokens when there is space',
    );
  });
});
