import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observability/log.ts';
import { OutboundError, type OutboundFailure } from '../../outbound/errors.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { outboundSettings } from '../../outbound/outbound-parts.ts';
import { metadataContext } from '../fields/shape.ts';
import type { DocumentClient } from '../known-client.ts';
import { isDocumentId } from './document-id.ts';
import { clientOfDocument, DocumentError, isAllowedHost } from './metadata-document.ts';
import { registrationPolicy } from './policy.ts';

/** @returns undefined for an id that is no document, or whose document cannot be used */
export type FindDocumentClient = (id: string) => Promise<DocumentClient | undefined>;

export interface DocumentClientsOptions {
  config: Config;
  outbound: Pick<Outbound, 'get'>;
  /** Called before a document is requested that this process does not know. What it throws is thrown. */
  admit: () => Promise<void>;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
}

/** A client by its last document. */
interface KnownDocument {
  /** `OutboundDocument.fetchedAt` */
  fetchedAt: number;
  size: number;
  client: DocumentClient;
}

const MAX_KNOWN = 10_000;
/** Bytes of their documents. */
const MAX_KNOWN_BYTES = 16 * 1024 * 1024;
/** Milliseconds that a document counts while its server cannot be reached. */
const KNOWN_LIFETIME = 24 * 60 * 60 * 1000;

/** The server of a document, or the way to it, is down, or this process is busy: it says nothing about the client. */
const UNREACHABLE: ReadonlySet<OutboundFailure> = new Set(['host', 'connection', 'timeout', 'busy']);

/**
 * Finds clients by their documents, which the guarded fetch caches. While the server of a document is down, the last document counts for a day:
 * otherwise people would be signed out of a client because of an outage elsewhere.
 */
export function createDocumentClients(options: DocumentClientsOptions): FindDocumentClient {
  const { config, outbound, admit, clock, log } = options;
  const policy = registrationPolicy(config);
  const context = metadataContext(config);
  const { documents } = config.registration;
  const settings = outboundSettings(config);
  const known = new LRUCache<string, KnownDocument>({
    max: MAX_KNOWN,
    maxSize: MAX_KNOWN_BYTES,
    sizeCalculation: ({ size }) => size,
    ttl: KNOWN_LIFETIME,
    perf: { now: clock },
  });

  const read = async (id: string, before: KnownDocument | undefined): Promise<DocumentClient> => {
    const document = await outbound.get(id, {
      purpose: 'client_id_metadata_document',
      accept: 'application/json',
    });
    const { body, fetchedAt } = document;
    if (before?.fetchedAt === fetchedAt) return before.client;
    const client = clientOfDocument(id, document, policy, context);
    known.set(id, { fetchedAt, size: Math.max(1, body.length), client });
    return client;
  };

  const lastClient = (error: unknown, before: KnownDocument | undefined): DocumentClient | undefined =>
    error instanceof OutboundError && UNREACHABLE.has(error.failure) ? before?.client : undefined;

  return async (id) => {
    if (!isDocumentId(id, settings)) return undefined;
    if (!isAllowedHost(id, documents)) {
      log.warn(
        { clientId: id },
        'the client is a metadata document of a host that registration.documents does not allow',
      );
      return undefined;
    }
    const before = known.get(id);
    if (before === undefined) await admit();
    try {
      return await read(id, before);
    } catch (error) {
      if (!(error instanceof OutboundError || error instanceof DocumentError)) throw error;
      const detail = error instanceof OutboundError ? `${error.failure}: ${error.detail}` : error.message;
      log.warn({ clientId: id, detail }, 'the metadata document of the client cannot be used');
      return lastClient(error, before);
    }
  };
}
