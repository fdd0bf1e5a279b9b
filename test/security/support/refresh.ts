import { burst, type BurstAnswer } from '../../support/burst.ts';
import { basic, signIn, token, type TokenResponse, WEB } from '../../support/flow.ts';
import type { Stage } from './stage.ts';

/** Refresh tokens of the demo's web client. */

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

/** The tokens of a sign-in, with a refresh token that outlives the session. */
export async function newFamily(
  stage: Stage,
  parameters: Record<string, string> = {},
): Promise<TokenResponse> {
  return (await signIn(stage.issuer, { parameters: { ...OFFLINE, ...parameters } })).tokens;
}

export function refreshFields({ refresh_token: value }: TokenResponse): Record<string, string> {
  return { grant_type: 'refresh_token', refresh_token: value as string };
}

/** @returns the response; with an `error` when it was rejected */
export async function refresh(
  stage: Stage,
  tokens: TokenResponse,
  more: Record<string, string> = {},
): Promise<TokenResponse> {
  return (await token(stage.issuer, { ...refreshFields(tokens), ...more })).body;
}

/** Fifty concurrent requests. */
export async function refreshAtOnce(stage: Stage, tokens: TokenResponse): Promise<BurstAnswer[]> {
  const body = new URLSearchParams(refreshFields(tokens)).toString();
  const request = { path: '/token', host: stage.host, headers: { Authorization: basic(WEB) }, body };
  return await burst([stage.server.port], request, 50);
}
