import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { dump } from 'js-yaml';
import { type BurstAnswer, burst } from '../support/burst.ts';
import { authorizationRequest, authorize, basic, token, type TokenResponse, WEB } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

/** Fifty concurrent requests with a one-time artifact. */

const CONCURRENT = 50;

/** Runs of each race. */
export const ROUNDS = LONG ? 200 : 3;

/** The servers of the races. */
export interface Racecourse {
  issuer: string;
  /** URLs of the servers; the requests are distributed over these. */
  ports: readonly number[];
}

const { privateKey, publicKey } = await generateKeyPair('ES256');
/** The client of `clientAssertion`. */
export const SIGNER = {
  client_id: 'signer',
  token_endpoint_auth_method: 'private_key_jwt' as const,
  jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: 'messages:read',
};

/**
 * Writes the configuration that the races need, without limits, into the working directory of the servers.
 * @param refreshReplayWindow seconds in which a repeated refresh token gets the same response
 * @param clients further ones
 */
export function configureRaces(
  directory: string,
  refreshReplayWindow = 10,
  clients: readonly object[] = [],
): void {
  const config = {
    lifetimes: { refreshReplayWindow },
    clients: [SIGNER, ...clients],
    passwords: QUICK_PASSWORDS,
    limits: { enabled: false },
  };
  writeFileSync(join(directory, 'signet.yaml'), dump(config));
}

/**
 * Defines the races over all one-time artifacts, in a `describe`.
 * @param where called when the tests run
 * @param who name of the servers, for the figures
 * @param refreshReplayWindow as configured
 */
export function itIsGoodForOne(where: () => Racecourse, who: string, refreshReplayWindow = 10): void {
  const agent = new UserAgent();

  /** The request that redeems a new code. */
  async function authorizationCode(): Promise<Record<string, string>> {
    const { issuer } = where();
    const request = authorizationRequest(issuer, { scope: 'openid offline_access', prompt: 'consent' });
    const callback = await authorize(agent, request);
    return {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') as string,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
  }

  async function refreshToken(): Promise<Record<string, string>> {
    const { body } = await token(where().issuer, await authorizationCode());
    return { grant_type: 'refresh_token', refresh_token: body.refresh_token as string };
  }

  /** RFC 6749 §4.1.2: a second redemption revokes the tokens of the first. */
  async function assertDead(tokens: TokenResponse): Promise<void> {
    const { issuer } = where();
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    assert.equal((await fetch(`${issuer}/userinfo`, { headers })).status, 401);
    const { body } = await token(issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    assert.equal(body.error, 'invalid_grant');
  }

  const race = async (what: string, round: () => Promise<void>): Promise<void> => {
    const begin = performance.now();
    for (let count = 0; count < ROUNDS; count += 1) await round();
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    figure(`${what}, ${who}: ${ROUNDS} rounds of ${CONCURRENT}, one result each, ${seconds} s`);
  };

  it('an authorization code, and the replay revokes its tokens (RFC 6749 §4.1.2)', () =>
    race('authorization code', async () => {
      const sent = await sendAll(where(), await authorizationCode(), { Authorization: basic(WEB) });
      await assertDead(onlySuccess(sent, 'invalid_grant'));
    }));

  const refreshWithoutWindow = (): Promise<void> =>
    race('refresh token without a replay window', async () => {
      const sent = await sendAll(where(), await refreshToken(), { Authorization: basic(WEB) });
      await assertDead(onlySuccess(sent, 'invalid_grant'));
    });

  const refreshInWindow = (): Promise<void> =>
    race('refresh token', async () => {
      const sent = await sendAll(where(), await refreshToken(), { Authorization: basic(WEB) });
      assert.deepEqual(new Set(sent.map(({ status }) => status)), new Set([200]));
      assert.equal(new Set(sent.map(({ body }) => body)).size, 1);
      const { refresh_token: next } = JSON.parse(sent[0]?.body as string) as TokenResponse;
      const form = { grant_type: 'refresh_token', refresh_token: next as string };
      assert.equal((await token(where().issuer, form)).response.status, 200);
    });

  if (refreshReplayWindow > 0)
    it('a refresh token, and all within the replay window get the same response', refreshInWindow);
  else it('a refresh token, and the replay revokes the family (RFC 9700 §4.14.2)', refreshWithoutWindow);

  it('a client assertion (RFC 7523 §3)', () =>
    race('client assertion', async () => {
      onlySuccess(await sendAll(where(), await clientAssertion(where().issuer), {}), 'invalid_client');
    }));
}

/** The form of a token request by the client of `configureRaces`. */
export async function clientAssertion(issuer: string, jti = randomUUID()): Promise<Record<string, string>> {
  const assertion = await new SignJWT({ jti })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(SIGNER.client_id)
    .setSubject(SIGNER.client_id)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(privateKey);
  return {
    grant_type: 'client_credentials',
    scope: SIGNER.scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
}

function sendAll(
  { issuer, ports }: Racecourse,
  form: Record<string, string>,
  headers: Record<string, string>,
) {
  const body = new URLSearchParams(form).toString();
  return burst(ports, { path: '/token', host: new URL(issuer).host, headers, body }, CONCURRENT);
}

/** @returns the tokens of the one that succeeds; all others must have this error */
function onlySuccess(answers: readonly BurstAnswer[], error: string): TokenResponse {
  const won = answers.filter(({ status }) => status === 200);
  assert.equal(won.length, 1, answers.map(({ status }) => status).join(' '));
  const lost = answers.filter(({ status }) => status !== 200);
  assert.deepEqual(
    new Set(lost.map(({ body }) => (JSON.parse(body) as TokenResponse).error)),
    new Set([error]),
  );
  assert.equal(lost.length, CONCURRENT - 1);
  return JSON.parse(won[0]?.body as string) as TokenResponse;
}
