import assert from 'node:assert/strict';
import type { DeclaredClient } from '../../src/config/schema-apis.ts';
import { authorizationRequest } from '../support/flow.ts';
import type { UserAgent } from '../support/user-agent.ts';

/** Sign-ins that have ended or expired when the browser returns. */

export const ALICE = { login: 'alice', password: 'wonderland-tea-party' };

/** `client_uri` of the client `tea-party`. */
export const SITE = 'https://tea-party.example/start';

export const TEA_PARTY: DeclaredClient = {
  client_id: 'tea-party',
  client_name: 'Tea Party',
  client_secret: 'tea-party-secret-for-tests',
  client_uri: SITE,
  redirect_uris: ['https://app.tea-party.example/callback'],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  scope: 'openid',
};

/** Opens the sign-in page. */
export async function begin(
  agent: UserAgent,
  issuer: string,
  parameters: Record<string, string> = {},
): Promise<{ url: URL; html: string }> {
  const { url, response } = await agent.follow(authorizationRequest(issuer, parameters).url);
  return { url, html: await response.text() };
}

/** Removes the cookie of the interaction or the session, which has the same effect as its expiry. */
export function expire(agent: UserAgent, name = 'signet_interaction'): void {
  agent.forget(({ key }) => key === name);
}

/** @param back URL of the application that the page links to */
export async function assertOver(response: Response, back: string | undefined): Promise<void> {
  const html = await response.text();
  assert.equal(response.status, 400, html);
  assert.match(html, /<h1>This sign-in is over<\/h1>/);
  assert.match(html, /id="error">interaction_expired</);
  assert.equal(/<a class="button (?:primary|quiet)" href="(http[^"]+)"/.exec(html)?.[1], back);
}
