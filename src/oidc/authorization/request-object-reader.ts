import type { Context, Middleware } from 'koa';
import { errors } from 'oidc-provider';
import { checkRequestObject, MAX_REQUEST_OBJECT_LENGTH, tooLong } from './request-object-checks.ts';

/**
 * Request objects in front of the engine, which verifies signed objects by value: an object by reference is fetched, an encrypted one is
 * decrypted, and what is passed on is the signed object as `request`. What is wrong with it is thrown inside of the engine
 * (`engine/normalized-parameters.ts`), which answers to the `redirect_uri` outside of the object, where that is registered.
 *
 * A request without an object costs two comparisons here.
 */

export interface RequestObjectSources {
  /**
   * The object that a URL of the client refers to; undefined for an unknown client.
   * @throws InvalidRequestUri
   */
  readonly fetchObject: (requestUri: string, clientId: unknown) => Promise<string | undefined>;
  /**
   * The signed object in an encrypted one. Absent while encryption is off.
   * @throws InvalidRequestObject
   */
  readonly decrypt?: ((jwe: string) => Promise<string>) | undefined;
}

/** At the authorization endpoint, behind what turns a POST into a GET. */
export function readRequestObject(sources: RequestObjectSources): Middleware {
  return async (ctx, next) => {
    const { request, request_uri: uri, client_id: clientId } = ctx.query;
    if (request === undefined && !isByReference(uri)) return await next();
    const object = await rejectInEngine(ctx, async () => {
      // The engine rejects both together, and two of one.
      if (request !== undefined && (typeof request !== 'string' || uri !== undefined)) return undefined;
      const received = isByReference(uri) ? await sources.fetchObject(uri, clientId) : request;
      return received === undefined ? undefined : await signedObject(received, sources);
    });
    if (object === undefined || object === request) return await next();
    const { url } = ctx;
    const query = new URLSearchParams(ctx.querystring);
    query.delete('request_uri');
    query.set('request', object);
    ctx.querystring = query.toString();
    await next().finally(() => (ctx.url = url));
  };
}

/** At the endpoint for pushed requests, to which a client sends its object itself (RFC 9126 §2.1, §3). */
export function readPushedRequestObject(sources: Pick<RequestObjectSources, 'decrypt'>): Middleware {
  return async (ctx, next) => {
    const { form = {} } = ctx.state;
    const { request } = form;
    if (form.request_uri !== undefined)
      ctx.state.rejectedRequest = new errors.InvalidRequest('request_uri must not be pushed');
    else if (typeof request === 'string' && request !== '')
      await rejectInEngine(ctx, async () => (form.request = await signedObject(request, sources)));
    await next();
  };
}

/** A `request_uri` of `/par` is a URN, which the engine looks up. */
function isByReference(uri: string | string[] | undefined): uri is string {
  return typeof uri === 'string' && uri !== '' && !uri.startsWith('urn:ietf:params:oauth:request_uri:');
}

async function signedObject(
  object: string,
  { decrypt }: Pick<RequestObjectSources, 'decrypt'>,
): Promise<string> {
  if (object.length > MAX_REQUEST_OBJECT_LENGTH) throw tooLong();
  const isEncrypted = object.split('.', 6).length === 5;
  if (isEncrypted && decrypt === undefined)
    throw new errors.InvalidRequestObject('encrypted request objects are not supported');
  const signed = isEncrypted && decrypt !== undefined ? await decrypt(object) : object;
  checkRequestObject(signed);
  return signed;
}

/** @returns undefined for a request that the engine is to reject */
async function rejectInEngine<Result>(
  ctx: Context,
  read: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    ctx.state.rejectedRequest = error;
    return undefined;
  }
}
