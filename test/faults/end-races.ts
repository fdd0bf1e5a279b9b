import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { burst } from '../support/burst.ts';
import {
  type AuthorizationRequest,
  authorizationRequest,
  authorize,
  basic,
  redeem,
  signIn,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import type { Operator } from '../support/noun-access.ts';
import { figure } from '../support/reporter.ts';
import { UserAgent } from '../support/user-agent.ts';
import type { Racecourse } from './races.ts';

/**
 * Something ends while concurrent requests rely on it: a session, a grant, an account. When the end is acknowledged, nothing works that was
 * issued before or during it, whichever process issued it.
 */

const CONCURRENT = 12;

const PERSON = { username: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password };
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

/** Runs of each race. */
export const ROUNDS = LONG ? 60 : 3;

/** Defines the races, in a `describe`. @param who name of the servers, for the figures */
export function itEndsForGood(where: () => Racecourse & { operator: Operator }, who: string): void {
  const race = async (what: string, round: (begin: Promise<void>) => Promise<number>): Promise<void> => {
    let issued = 0;
    // The end begins at another millisecond of the requests in each round.
    for (let count = 0; count < ROUNDS; count += 1) issued += await round(delay((count * 3) % 20));
    figure(`${what}, ${who}: ${ROUNDS} rounds of ${CONCURRENT}, ${issued} answered before the end`);
  };

  const send = (path: string, headers: Record<string, string>, body?: Record<string, string>) => {
    const { issuer, ports } = where();
    const form = body && { body: new URLSearchParams(body).toString() };
    return burst(ports, { path, host: new URL(issuer).host, headers, ...form }, CONCURRENT);
  };

  const isDead = async (tokens: TokenResponse): Promise<void> => {
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    assert.equal((await fetch(`${where().issuer}/userinfo`, { headers })).status, 401);
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    assert.equal((await token(where().issuer, form)).body.error, 'invalid_grant');
  };

  /** Sends a token request many times during the end. @returns how many were answered */
  const refreshDuring = async (
    tokens: TokenResponse,
    begin: Promise<void>,
    end: () => Promise<unknown>,
  ): Promise<number> => {
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    const [answers] = await Promise.all([
      send('/token', { Authorization: basic(WEB) }, form),
      begin.then(end),
    ]);
    const answered = answers.filter(({ status }) => status === 200);
    for (const { status, body } of answers) {
      if (status !== 200) assert.equal((JSON.parse(body) as TokenResponse).error, 'invalid_grant');
    }
    assert.ok(new Set(answered.map(({ body }) => body)).size <= 1, 'one successor');
    if (answered[0] !== undefined) await isDead(JSON.parse(answered[0].body) as TokenResponse);
    await isDead(tokens);
    return answered.length;
  };

  it('a grant that is revoked during refreshes (RFC 7009 §2)', () =>
    race('revocation', async (begin) => {
      const { tokens } = await signIn(where().issuer, { parameters: OFFLINE });
      const body = new URLSearchParams({ token: tokens.refresh_token as string });
      const headers = { Authorization: basic(WEB) };
      return await refreshDuring(tokens, begin, () =>
        fetch(`${where().issuer}/revoke`, { method: 'POST', headers, body }),
      );
    }));

  it('a grant whose code is used again during refreshes (RFC 6749 §4.1.2)', () =>
    race('code used again', async (begin) => {
      const { tokens, code, request } = await signIn(where().issuer, { parameters: OFFLINE });
      return await refreshDuring(tokens, begin, () => redeem(where().issuer, code, request));
    }));

  it('the tokens of an account that is disabled during refreshes', () =>
    race('disabled account', async (begin) => {
      const { issuer, operator } = where();
      const { tokens } = await signIn(issuer, { parameters: OFFLINE, person: PERSON });
      const { id } = (await operator.accounts.findByUsername(PERSON.username)) ?? assert.fail('no account');
      return await refreshDuring(tokens, begin, async () => {
        await operator.accounts.disable(id);
        await operator.accounts.enable(id);
      });
    }));

  it('a session that is ended during authorization requests', () =>
    race('sign-out', async (begin) => {
      const { issuer } = where();
      const agent = new UserAgent();
      await authorize(agent, authorizationRequest(issuer), PERSON);
      const { url, response } = await agent.follow(`${issuer}/logout`);
      const page = { url, html: await response.text() };
      const request = authorizationRequest(issuer);
      const cookie = agent.cookieHeader(request.url);
      const [answers] = await Promise.all([
        send(request.url.pathname + request.url.search, { Cookie: cookie, Accept: 'text/html' }),
        begin.then(() => agent.clone().submit(page, { logout: 'yes' })),
      ]);
      const codes = answers.flatMap(({ body }) => /code=([\w-]+)/.exec(body)?.[1] ?? []);
      await assertSignedOut(cookie, request, codes);
      return codes.length;
    }));

  it('a session that is ended while a tab consents', () =>
    race('sign-out during consent', async (begin) => {
      const { issuer } = where();
      const agent = new UserAgent();
      await authorize(agent, authorizationRequest(issuer), PERSON);
      const logout = await agent.follow(`${issuer}/logout`);
      const question = { url: logout.url, html: await logout.response.text() };
      const request = authorizationRequest(issuer, { prompt: 'consent' });
      const consent = await agent.follow(request.url);
      const page = { url: consent.url, html: await consent.response.text() };
      const [tab, other] = [agent.clone(), agent.clone()];
      const [end] = await Promise.all([
        tab.submit(page, {}),
        begin.then(() => other.submit(question, { logout: 'yes' })),
      ]);
      await end.response.body?.cancel();
      const code = end.url.searchParams.get('code');
      for (const each of [agent, tab])
        await assertSignedOut(each.cookieHeader(request.url), request, code === null ? [] : [code]);
      return code === null ? 0 : 1;
    }));

  async function assertSignedOut(
    cookie: string,
    request: AuthorizationRequest,
    codes: readonly string[],
  ): Promise<void> {
    const { issuer } = where();
    for (const code of codes) {
      assert.equal((await redeem(issuer, code, request)).body.error, 'invalid_grant');
    }
    const { url } = authorizationRequest(issuer, { prompt: 'none' });
    const silent = await fetch(url, { redirect: 'manual', headers: { Cookie: cookie } });
    const location = new URL(silent.headers.get('location') ?? '');
    assert.equal(location.searchParams.get('error'), 'login_required');
  }

  it('no refresh with another scope gets the response of the first, and the family lives', () =>
    race('scopes', async () => {
      const { issuer } = where();
      const parameters = { ...OFFLINE, scope: 'openid email offline_access' };
      const { tokens } = await signIn(issuer, { parameters });
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const headers = { Authorization: basic(WEB) };
      const [all, narrow] = await Promise.all([
        send('/token', headers, form),
        send('/token', headers, { ...form, scope: 'openid' }),
      ]);
      const bodies = [all, narrow].map(
        (answers) => new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body)),
      );
      const [first, ...others] = bodies.flatMap((each) => [...each]);
      assert.deepEqual(others, [], 'one response');
      const next = JSON.parse(first as string) as TokenResponse;
      assert.equal(next.scope, bodies[0]?.size === 1 ? parameters.scope : 'openid');
      const again = { grant_type: 'refresh_token', refresh_token: next.refresh_token as string };
      assert.equal((await token(issuer, again)).response.status, 200);
      return all.length;
    }));
}
