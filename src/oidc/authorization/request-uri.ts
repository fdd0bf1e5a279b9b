import { decodeJwt } from 'jose';
import { errors, type Provider } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { isRegisteredRequestUri, MAX_REQUEST_URI_LENGTH } from '../../clients/request-uri.ts';
import { OutboundError } from '../../outbound/errors.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { quoted } from '../engine/quoted.ts';

/**
 * Request objects by reference (RFC 9101 §5.2, OpenID Connect Core §6.2), which the engine does not have. Only a URL that the client has
 * registered is requested. Its fragment names a version of the content: the cache of `outbound/` keeps each apart. It is not compared with
 * a digest of the content, because the signature is what makes an object genuine.
 */

const MEDIA_TYPES = 'application/oauth-authz-req+jwt, application/jwt;q=0.9, */*;q=0.1';

export interface RequestUriOptions {
  provider: Provider;
  outbound: Pick<Outbound, 'get'>;
  clock: Clock;
}

/** @returns a function that throws InvalidRequestUri, and finds no object of an unknown client, which the engine rejects */
export function requestUriFetcher({
  provider,
  outbound,
  clock,
}: RequestUriOptions): (requestUri: string, clientId: unknown) => Promise<string | undefined> {
  return async (requestUri, clientId) => {
    if (requestUri.length > MAX_REQUEST_URI_LENGTH)
      throw new errors.InvalidRequestUri(`request_uri is longer than ${MAX_REQUEST_URI_LENGTH} characters`);
    const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined;
    if (client === undefined) return undefined;
    if (!isRegisteredRequestUri(requestUri, clientSettings(client).requestUris))
      throw new errors.InvalidRequestUri('request_uri is not registered for this client', {
        detail: `request_uri is ${quoted(requestUri)}; add it to request_uris of the client`,
      });
    const get = async (refetch: boolean): Promise<string> => {
      const options = { purpose: 'request_uri', accept: MEDIA_TYPES, refetch } as const;
      return (await outbound.get(requestUri, options)).body.toString('latin1').trim();
    };
    try {
      const object = await get(false);
      return hasExpired(object, nowInSeconds(clock)) ? await get(true) : object;
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new errors.InvalidRequestUri('request object could not be fetched', {
        cause: error,
        detail: error.detail,
      });
    }
  };
}

/** A copy in the cache that has expired; the client may have a new object there. */
function hasExpired(object: string, now: number): boolean {
  try {
    const { exp } = decodeJwt(object);
    return exp !== undefined && exp <= now;
  } catch {
    return false;
  }
}
