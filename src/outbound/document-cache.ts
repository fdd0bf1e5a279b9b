import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { OutboundError } from './errors.ts';
import type { OutboundDocument } from './outbound.ts';

/** Milliseconds between two requests for one URL. */
const MIN_INTERVAL_MS = 30_000;
/** Milliseconds that a failure is the answer. */
const FAILURE_LIFETIME_MS = 60_000;

const MAX_ENTRIES = 5_000;
/** Bytes of all bodies. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What an entry takes without its body. */
const ENTRY_BYTES = 1_024;

interface Entry {
  /** Milliseconds: the start of the last request. */
  readonly attemptedAt: number;
  readonly document?: OutboundDocument | undefined;
  readonly failure?: OutboundError | undefined;
}

export interface DocumentCache {
  /** @throws OutboundError, which is cached unless it is about this process */
  get(url: string, refetch: boolean, send: () => Promise<OutboundDocument>): Promise<OutboundDocument>;
}

/**
 * Documents and failures by URL, a fragment included: with another one the URL names another content (OpenID Connect Core §6.2).
 *
 * A failed refetch keeps the document that is current: otherwise anyone who asks for an unknown key while a server is down could withdraw
 * its known ones.
 */
export function createDocumentCache(clock: Clock): DocumentCache {
  const entries = new LRUCache<string, Entry>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ document }) => ENTRY_BYTES + (document?.body.length ?? 0),
  });
  const pending = new Map<string, Promise<OutboundDocument>>();

  const requestDocument = async (
    url: string,
    send: () => Promise<OutboundDocument>,
  ): Promise<OutboundDocument> => {
    const attemptedAt = clock();
    try {
      const document = await send();
      entries.set(url, { attemptedAt, document });
      return document;
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      const current = currentDocument(entries.get(url), clock());
      if (error.failure !== 'busy') entries.set(url, { attemptedAt, document: current, failure: error });
      if (current !== undefined) return current;
      throw error;
    }
  };

  return {
    async get(url, refetch, send) {
      const running = pending.get(url);
      if (running !== undefined) return running;
      const entry = entries.get(url);
      if (entry !== undefined) {
        const now = clock();
        const { failure } = entry;
        const isRecent =
          now - entry.attemptedAt < (failure === undefined ? MIN_INTERVAL_MS : FAILURE_LIFETIME_MS);
        const document = currentDocument(entry, now);
        if (document !== undefined && (!refetch || isRecent)) return document;
        if (document === undefined && failure !== undefined && isRecent) throw failure;
      }
      const started = requestDocument(url, send).finally(() => pending.delete(url));
      pending.set(url, started);
      return started;
    },
  };
}

function currentDocument(entry: Entry | undefined, now: number): OutboundDocument | undefined {
  const document = entry?.document;
  return document !== undefined && now < document.freshUntil ? document : undefined;
}
