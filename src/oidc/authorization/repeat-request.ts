import type { Context } from 'koa';
import { PATHS } from '../../http/paths.ts';
import { readUnverifiedRequest } from './request-cookie.ts';

/** The address of an authorization request that is made once more, with the parameters that the browser has kept. */

type Parameters = Readonly<Record<string, unknown>>;

/** Characters: what `/authorize` accepts (`http/posted-requests.ts`). */
const MAX_QUERY_LENGTH = 8000;

/** For someone else than who is signed in: asks who it is, whatever the request said. */
export function otherAccountUrl(params: Parameters): string | undefined {
  const { login_hint: _hint, prompt, ...others } = params;
  const consent = typeof prompt === 'string' && prompt.split(' ').includes('consent');
  return addressOf({ ...others, prompt: consent ? 'login consent' : 'login' });
}

/**
 * For an interaction that is gone. The parameters are not checked here, and need not be: they lead to `/authorize`, which checks them
 * like those of any link.
 * @param uid of the interaction
 * @returns undefined where the browser has not kept the request, or where it cannot be made twice
 */
export function repeatRequest(ctx: Context, uid: string): { clientId: string; url: string } | undefined {
  const params = readUnverifiedRequest(ctx, uid);
  // Parameters are texts, or lists of them; anything else was not written here.
  if (
    params === undefined ||
    !Object.values(params)
      .flat()
      .every((value) => typeof value === 'string')
  )
    return undefined;
  const url = addressOf(params);
  const clientId = params.client_id;
  return url === undefined || typeof clientId !== 'string' ? undefined : { clientId, url };
}

/** A request that names its account by an `id_token_hint` is the application's to make: the token itself was not kept. */
function addressOf(params: Parameters): string | undefined {
  if (params.id_token_hint !== undefined) return undefined;
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) {
    for (const value of [values].flat()) query.append(name, String(value));
  }
  const text = query.toString();
  return text.length > MAX_QUERY_LENGTH ? undefined : `${PATHS.authorization}?${text}`;
}
