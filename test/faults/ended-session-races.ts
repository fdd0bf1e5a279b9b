import assert from 'node:assert/strict';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import {
  type AuthorizationRequest,
  authorizationRequest,
  basic,
  redeem,
  signIn,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import type { Operator } from '../support/noun-access.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';
import { type Racecourse, ROUNDS } from './races.ts';

/** A session that is ended while its browser and an application use it, in several processes. */

const AUTHORIZATIONS = 8;

interface Answer {
  location: string;
  body: string;
}

/**
 * Defines the race, in a `describe`.
 * @param where called when the tests run
 * @param who name of the servers, for the figures
 */
export function itEndsWithItsTokens(where: () => Racecourse & { operator: Operator }, who: string): void {
  let accountId: string;

  before(async () => {
    accountId = (await where().operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
  });

  /** Sends a request to one of the servers. */
  function send(
    turn: number,
    url: URL,
    headers: Record<string, string>,
    form?: URLSearchParams,
  ): Promise<Answer> {
    const { ports } = where();
    const port = ports[turn % ports.length];
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          path: url.pathname + url.search,
          method: form === undefined ? 'GET' : 'POST',
          headers: {
            Host: url.host,
            ...headers,
            ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
          },
          agent: false,
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => (body += text));
          response.on('end', () => resolve({ location: response.headers.location ?? '', body }));
        },
      );
      sent.on('error', reject).end(form?.toString());
    });
  }

  async function refresh(turn: number, { refresh_token = '' }: TokenResponse): Promise<TokenResponse> {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token });
    const url = new URL('/token', where().issuer);
    return JSON.parse((await send(turn, url, { Authorization: basic(WEB) }, form)).body) as TokenResponse;
  }

  /** Refreshes until it fails. @returns all responses */
  async function refreshOn(first: TokenResponse): Promise<TokenResponse[]> {
    const all = [first];
    for (let turn = 0; ; turn += 1) {
      const next = await refresh(turn, all.at(-1) as TokenResponse);
      if (next.error !== undefined) return all;
      all.push(next);
    }
  }

  async function round(delay: number): Promise<number> {
    const { issuer, operator } = where();
    const { sessions } = operator;
    const agent = new UserAgent();
    const name = `Browser ${Math.random()}`;
    agent.headers['User-Agent'] = name;
    const offline = { scope: 'openid offline_access', prompt: 'consent' };
    const { tokens } = await signIn(issuer, { agent, parameters: offline });
    const { sessions: listed } = await sessions.list(accountId, { limit: 50 });
    const handle = listed.find(({ userAgent }) => userAgent === name)?.handle ?? '';
    const requests = Array.from({ length: AUTHORIZATIONS }, () =>
      authorizationRequest(issuer, { scope: 'openid' }),
    );
    const headers = { Cookie: agent.cookieHeader(issuer), 'User-Agent': name };
    const refreshing = refreshOn(tokens);
    const authorizing = Promise.all(
      requests.map(async (each, turn) => {
        await sleep(turn);
        return [each, (await send(turn, each.url, headers)).location] as const;
      }),
    );
    await sleep(delay);
    assert.equal(await sessions.end(accountId, handle), true);
    const codes = (await authorizing).flatMap(([each, location]) => codeIn(each, location));
    for (const [each, code] of codes)
      assert.equal((await redeem(issuer, code, each)).body.error, 'invalid_grant');
    const issued = await refreshing;
    for (const [turn, each] of issued.entries()) {
      assert.equal((await refresh(turn, each)).error, 'invalid_grant');
      const bearer = { Authorization: `Bearer ${each.access_token}` };
      assert.equal((await fetch(`${issuer}/userinfo`, { headers: bearer })).status, 401);
    }
    const { url } = await agent.follow(authorizationRequest(issuer, { prompt: 'none' }).url);
    assert.equal(url.searchParams.get('error'), 'login_required');
    const { sessions: left } = await sessions.list(accountId, { limit: 50 });
    assert.equal(
      left.find((session) => session.handle === handle),
      undefined,
    );
    return codes.length + issued.length;
  }

  it('end with all tokens of requests that are under way', async () => {
    let issued = 0;
    for (let count = 0; count < ROUNDS; count += 1) issued += await round((count * 37) % 150);
    figure(
      `ended sessions, ${who}: ${ROUNDS} rounds, ${issued} codes and tokens issued, 0 of them valid afterwards`,
    );
  });
}

function codeIn(sent: AuthorizationRequest, location: string): [AuthorizationRequest, string][] {
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : null;
  return code === null ? [] : [[sent, code]];
}
