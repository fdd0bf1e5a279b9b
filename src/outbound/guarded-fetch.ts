import { resolveHost } from './addresses.ts';
import { createDocumentCache } from './document-cache.ts';
import { OutboundError } from './errors.ts';
import { freshnessLifetime, retryAfter } from './freshness.ts';
import type { Outbound, OutboundAnswer, OutboundDocument } from './outbound.ts';
import type { OutboundParts } from './outbound-parts.ts';
import type { OutboundPurpose } from './purpose.ts';
import { type IncomingResponse, type OutgoingRequest, sendRequest } from './request.ts';
import { Slots } from './slots.ts';
import { loggedTarget, parseTarget } from './target.ts';

/** Milliseconds for one request: wait for a slot, lookup, connection, response. */
const TIMEOUT_MS = 2_500;

/** What `createOutbound` loads. */
export function createGuardedFetch(parts: OutboundParts): Outbound {
  const { settings, clock, log, metrics, resolve = resolveHost, timeout = TIMEOUT_MS } = parts;
  const rules = { ...settings, resolve };
  const slots = new Slots();
  const cache = createDocumentCache(clock);

  const send = async <Result>(
    url: string,
    purpose: OutboundPurpose,
    request: OutgoingRequest,
    use: (response: IncomingResponse) => Promise<Result>,
  ): Promise<Result> => {
    try {
      const { host } = parseTarget(url, settings);
      const signal = AbortSignal.timeout(timeout);
      const result = await slots.run(host, () => sendRequest(url, request, rules, signal, use));
      metrics.outboundRequest(purpose, 'succeeded');
      return result;
    } catch (error) {
      if (error instanceof OutboundError) {
        const { failure, detail } = error;
        metrics.outboundRequest(purpose, failure);
        log.warn({ purpose, url: loggedTarget(url), failure, detail }, 'outbound request failed');
      }
      throw error;
    }
  };

  return {
    get: (url, { purpose, accept = 'application/json', refetch = false }) =>
      cache.get(cacheKey(url, accept), refetch, () =>
        send(url, purpose, { method: 'GET', accept }, (response) => documentOf(response, clock())),
      ),
    post: (url, { purpose, form }) =>
      send(url, purpose, { method: 'POST', accept: '*/*', form }, (response) => answerOf(response, clock())),
  };
}

/**
 * Spellings of one URL share an entry. What is asked for does not: with the `logo_uri` of a client, the server of another client's keys may
 * answer that it has no image there, which says nothing about the keys.
 */
const cacheKey = (url: string, accept: string): string =>
  `${accept} ${URL.canParse(url) ? new URL(url).href : url}`.slice(0, 4096);

async function documentOf(response: IncomingResponse, now: number): Promise<OutboundDocument> {
  const { status, header, read } = response;
  if (status >= 300 && status < 400) throw new OutboundError('redirect', `status ${status}`);
  if (status !== 200) throw new OutboundError('status', `status ${status}`);
  const body = await read();
  const mediaType = header('content-type').split(';', 1)[0]!.trim().toLowerCase();
  return { body, mediaType, fetchedAt: now, freshUntil: now + freshnessLifetime(header('cache-control')) };
}

async function answerOf({ status, header, discard }: IncomingResponse, now: number): Promise<OutboundAnswer> {
  await discard();
  return { status, retryAfter: retryAfter(header('retry-after'), now) };
}
