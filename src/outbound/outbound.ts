import type { OutboundPurpose } from './purpose.ts';

/**
 * The one way to an address that a client has chosen.
 *
 * Owns the decision whether a connection is made (`target.ts`, `addresses.ts`), the request (`request.ts`), the limits of concurrent
 * requests (`slots.ts`) and the cache (`document-cache.ts`). Does not own what a document means, nor the retries of a notification: those
 * belong to the callers.
 *
 * `create-outbound.ts` loads undici and the rest of this folder with the first request, so that a server that sends none starts as fast as
 * before.
 */
export interface Outbound {
  /**
   * A document, from the cache where it is current. Several callers of one URL share one request.
   * @throws OutboundError; also from the cache, for a minute
   */
  get(url: string, options: GetOptions): Promise<OutboundDocument>;
  /**
   * Sends a form once. The status is the answer, whatever it is; a redirect is not followed, and the body is not returned.
   * @throws OutboundError when there is no answer
   */
  post(url: string, options: PostOptions): Promise<OutboundAnswer>;
}

export interface GetOptions {
  readonly purpose: OutboundPurpose;
  /** Value of the header `Accept`. */
  readonly accept?: string;
  /** True skips the cache, for a key that is not in it. A URL is still requested at most once in 30 seconds. */
  readonly refetch?: boolean;
}

export interface OutboundDocument {
  readonly body: Buffer;
  /** In lower case, without parameters; empty without a `Content-Type`. */
  readonly mediaType: string;
  /** Milliseconds. The same value means the same document. */
  readonly fetchedAt: number;
  /** Milliseconds. */
  readonly freshUntil: number;
}

export interface PostOptions {
  readonly purpose: OutboundPurpose;
  readonly form: Readonly<Record<string, string>>;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Seconds that the answer asks to wait (`Retry-After`, RFC 9110 §10.2.3). */
  readonly retryAfter: number | undefined;
}
