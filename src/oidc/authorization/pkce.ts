import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { PkcePolicy } from '../../clients/pkce.ts';
import { clientSettings } from '../engine/client-settings.ts';

/**
 * Whether an authorization request without a code challenge is accepted (RFC 9700 §2.1.1): by the policy of its client (`clients/pkce.ts`).
 * The engine redeems a code with a verifier only for a request with a challenge, and the reverse, so that a challenge that is removed
 * on the way is noticed (RFC 9700 §4.8.2).
 */

/** Neither a separator nor a control or format character. */
const VISIBLE = /[^\p{Z}\p{C}]/u;

/**
 * Called for a request without `code_challenge`, when its scope is final: at `/par` and at `/authorize`.
 * @returns false, by which the engine accepts the request
 * @throws InvalidRequest naming what the client, and what the operator can do
 */
export function checkMissingChallenge(ctx: KoaContextWithOIDC, client: Client): false {
  const policy = clientSettings(client).pkce;
  const canHaveNonce = policy === 'required_or_nonce' && signsIn(ctx, client);
  if (policy === 'optional' || (canHaveNonce && hasNonce(ctx))) return false;
  const detail = `pkce of the client is ${policy}; ${remedy(policy, client)}`;
  throw new errors.InvalidRequest(refusal(policy, client, canHaveNonce), undefined, { detail });
}

/** Whether the response to the code will have an ID token, which is where the client compares the nonce. */
function signsIn({ oidc }: KoaContextWithOIDC, client: Client): boolean {
  return oidc.requestParamScopes.has('openid') && clientSettings(client).allowedScopes.has('openid');
}

/** A nonce of spaces and control characters only is as good as none. */
function hasNonce({ oidc: { params } }: KoaContextWithOIDC): boolean {
  return typeof params?.nonce === 'string' && VISIBLE.test(params.nonce);
}

function refusal(policy: PkcePolicy, client: Client, canHaveNonce: boolean): string {
  if (client.clientAuthMethod === 'none')
    return 'code_challenge (S256) is missing, which public clients need';
  if (policy === 'required') {
    return 'code_challenge (S256) is missing: send it, or register the client with pkce: required_or_nonce';
  }
  return canHaveNonce
    ? 'code_challenge (S256) and nonce are missing: send one, or register the client with pkce: optional'
    : 'code_challenge (S256) is missing: send it, or register the client with pkce: optional';
}

function remedy(policy: PkcePolicy, client: Client): string {
  if (client.clientAuthMethod === 'none') return 'turn on PKCE with S256 in the client (RFC 7636)';
  const [other, next]: [string, PkcePolicy] =
    policy === 'required'
      ? ['', 'required_or_nonce']
      : [', or a nonce with the scope openid (RFC 9700 §2.1.1)', 'optional'];
  return (
    `turn on PKCE with S256 in the client${other}; if it has no such setting, register it with ` +
    `\`pkce: ${next}\`: in the file that declares it, or by \`signet client update ${client.clientId} --pkce ${next}\``
  );
}
