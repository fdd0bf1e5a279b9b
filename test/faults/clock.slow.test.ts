import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { burst } from '../support/burst.ts';
import { withClock } from '../support/clock.ts';
import {
  authorizationRequest,
  authorize,
  basic,
  MACHINE,
  redeem,
  signIn,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { itLong } from '../support/long-form.ts';
import { portsOfNodes } from '../support/redis-nodes.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { clientAssertion, configureRaces, SIGNER } from './races.ts';

const HOUR = 3600;
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };
const PRELOAD = new URL('../security/support/shifted-date-preload.ts', import.meta.url).href;

describe('R09 wrong clocks', function () {
  this.timeout(60_000);
  let redis: RedisServer | undefined;
  afterEach(async () => {
    await redis?.stop();
    redis = undefined;
  });

  async function onRedis(context: Mocha.Context): Promise<{ store: string; masterKey: string }> {
    await needRedis(context);
    redis = await startRedis();
    return { store: `redis://127.0.0.1:${redis.port}`, masterKey: randomBytes(32).toString('base64') };
  }

  describe('a clock that is set back an hour, forward two, and back again', () => {
    it('revives nothing that was used, ends no session and lifts no lock, on SQLite', () => setClock({}));

    itLong('revives nothing that was used, ends no session and lifts no lock, on Redis', async function () {
      await setClock({ ...(await onRedis(this)), keys: 'store' });
    });
  });

  async function setClock(input: Partial<ConfigInput>): Promise<void> {
    const server = await startTestServer({ ...input, clients: [SIGNER] });
    try {
      await withClock(async (clock) => {
        const { agent } = await signIn(server.issuer);
        const again: (() => Promise<void>)[] = [];
        for (const step of [0, -HOUR, 2 * HOUR, -HOUR]) {
          clock.advance(step);
          for (const useAgain of again) await useAgain();
          again.push(...(await useOnce(server)));
          const silent = authorizationRequest(server.issuer, { prompt: 'none' });
          assert.ok((await agent.follow(silent.url)).url.searchParams.has('code'), 'the session ended');
        }
        for (let count = 0; count < 3; count += 1) await attempt(server, 'wrong');
        assert.equal(await attempt(server), false, 'there is no lock');
        clock.advance(-HOUR);
        assert.equal(await attempt(server), false, 'the lock was lifted');
        figure(
          `R09 clock set by ±1 h, ${redis ? 'Redis' : 'SQLite'}: nothing of ${again.length} was good twice`,
        );
      });
    } finally {
      await server.stop();
    }
  }

  /** @param password the right one by default. @returns whether a new browser can sign in */
  async function attempt({ issuer }: TestServer, password?: string): Promise<boolean> {
    const request = authorizationRequest(issuer);
    const person = { username: DEMO_ACCOUNT.username, password: password ?? DEMO_ACCOUNT.password };
    return (await authorize(new UserAgent(), request, person)).searchParams.has('code');
  }

  /** Uses one artifact of each kind. @returns a function that uses them again and fails when that succeeds */
  async function useOnce({ issuer }: TestServer): Promise<(() => Promise<void>)[]> {
    const byCode = await signIn(issuer, { parameters: OFFLINE });
    const { tokens } = await signIn(issuer, { parameters: OFFLINE });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    const { body: refreshed } = await token(issuer, form);
    const assertion = await clientAssertion(issuer);
    const present = () => fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(assertion) });
    assert.equal((await present()).status, 200);
    const { body: machine } = await token(issuer, { grant_type: 'client_credentials' }, MACHINE);
    for (const given of [byCode.tokens, refreshed, machine]) assertSane(given);
    return [
      async () => assertNothingNew(byCode.tokens, await redeem(issuer, byCode.code, byCode.request)),
      async () => assertNothingNew(refreshed, await token(issuer, form)),
      async () => assert.equal((await present()).status, 401),
    ];
  }

  describe('two nodes whose clocks differ by ten seconds', () => {
    let directory: string;
    let nodes: WorkerProcesses[];
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'signet-clocks-'));
      configureRaces(directory);
      nodes = [];
    });
    afterEach(async () => {
      await Promise.all(nodes.map((node) => node.end()));
      rmSync(directory, { recursive: true, force: true });
    });

    itLong('accept each other’s artifacts, each once, on SQLite', () => differ({}));

    it('accept each other’s artifacts, each once, on Redis', async function () {
      const { store, masterKey } = await onRedis(this);
      await differ({ SIGNET_STORE: store, SIGNET_KEYS: 'store', SIGNET_MASTER_KEY: masterKey });
    });

    /** The clock of the first node, which creates the first key, is ahead. */
    async function differ(env: Record<string, string>): Promise<void> {
      const issuer = await freeIssuer();
      const ports = await portsOfNodes(issuer, 2);
      for (const [index, port] of ports.entries()) {
        const clockFile = join(directory, `clock-${index}`);
        writeFileSync(clockFile, String(index === 0 ? 10_000 : 0));
        nodes.push(
          await WorkerProcesses.start(directory, [], {
            ...env,
            SIGNET_ISSUER: issuer,
            SIGNET_PORT: String(port),
            NODE_OPTIONS: `--import=${PRELOAD}`,
            CLOCK_FILE: clockFile,
          }),
        );
      }
      const ask = async (node: number, form: Record<string, string>): Promise<TokenResponse> =>
        await postTo(ports[node] as number, issuer, form);
      for (const [here, there] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const request = authorizationRequest(issuer, OFFLINE);
        const callback = await authorize(new UserAgent(), request);
        const code = {
          grant_type: 'authorization_code',
          code: callback.searchParams.get('code') as string,
          redirect_uri: WEB.redirectUri,
          code_verifier: request.verifier,
        };
        const given = await ask(here, code);
        assertSane(given);
        const form = { grant_type: 'refresh_token', refresh_token: given.refresh_token as string };
        const refreshed = await ask(there, form);
        assertSane(refreshed);
        assertNothingNew(refreshed, { body: await ask(here, form) });
        assertNothingNew(given, { body: await ask(there, code) });
      }
    }
  });
});

async function postTo(port: number, issuer: string, form: Record<string, string>): Promise<TokenResponse> {
  const request = {
    path: '/token',
    host: new URL(issuer).host,
    headers: { Authorization: basic(WEB) },
    body: new URLSearchParams(form).toString(),
  };
  const [answer] = await burst([port], request, 1);
  return JSON.parse(answer?.body ?? '') as TokenResponse;
}

function assertSane(tokens: TokenResponse): void {
  const jwts = [tokens.id_token, tokens.access_token].filter((text) => text?.startsWith('ey'));
  assert.ok(jwts.length > 0, JSON.stringify(tokens));
  for (const jwt of jwts) {
    const { iat = Number.NaN, exp = Number.NaN } = decodeJwt(jwt as string);
    assert.ok(exp > iat, `exp ${exp}, iat ${iat}`);
  }
}

/** An error, or the same response as before. */
function assertNothingNew(before: TokenResponse, { body }: { body: TokenResponse }): void {
  if (body.error === undefined) assert.equal(body.access_token, before.access_token);
  else assert.equal(body.error, 'invalid_grant');
}
