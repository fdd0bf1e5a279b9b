import type { Context } from 'koa';
import { PATHS, publicPath } from '../../http/paths.ts';
import { withoutInferredResource } from '../tokens/inferred-resource.ts';
import { readUnverifiedRequest } from './request-cookie.ts';

/** The address that repeats an authorization request, with the parameters from the browser's cookie. */

type Parameters = Readonly<Record<string, unknown>>;

/** Characters that `/authorize` accepts (`http/post-to-get-redirect.ts`). */
const MAX_QUERY_LENGTH = 8000;

export interface RepeatedRequest {
  clientId: string;
  url: string;
  /** `ui_locales` of the request. */
  uiLocales: unknown;
}

/** For another account than the one that is signed in: always asks for a sign-in. */
export function otherAccountUrl(ctx: Context, params: Parameters): string | undefined {
  const { login_hint: _hint, prompt, ...others } = params;
  const asksConsent = typeof prompt === 'string' && prompt.split(' ').includes('consent');
  return addressOf(ctx, { ...others, prompt: asksConsent ? 'login consent' : 'login' });
}

/**
 * For an expired interaction. The parameters are not checked here: `/authorize` checks them like those of any link.
 * @param uid of the interaction
 * @returns undefined where the browser has no such cookie, or the request cannot be repeated
 */
export function repeatRequest(ctx: Context, uid: string): RepeatedRequest | undefined {
  const params = readUnverifiedRequest(ctx, uid);
  // Parameters are texts or lists of texts; anything else is not from this server.
  if (
    params === undefined ||
    !Object.values(params)
      .flat()
      .every((value) => typeof value === 'string')
  )
    return undefined;
  const url = addressOf(ctx, params);
  const clientId = params.client_id;
  if (url === undefined || typeof clientId !== 'string') return undefined;
  return { clientId, url, uiLocales: params.ui_locales };
}

/** A request with an `id_token_hint` cannot be repeated: the cookie does not contain the token. */
function addressOf(ctx: Context, params: Parameters): string | undefined {
  if (params.id_token_hint !== undefined) return undefined;
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(withoutInferredResource(params))) {
    for (const value of [values].flat()) query.append(name, String(value));
  }
  const text = query.toString();
  return text.length > MAX_QUERY_LENGTH ? undefined : `${publicPath(ctx, PATHS.authorization)}?${text}`;
}
