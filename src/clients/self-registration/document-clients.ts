import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { OutboundError } from '../../outbound/errors.ts';
import type { Outbound, OutboundDocument } from '../../outbound/outbound.ts';
import { outboundSettings } from '../../outbound/outbound-parts.ts';
import type { Quota } from '../../limits/quota.ts';
import type { Logger } from '../../observability/log.ts';
import { metadataContext } from '../fields/shape.ts';
import type { DocumentClient } from '../known-client.ts';
import { clientOfDocument, DocumentError, isAllowedHost, isDocumentId } from './metadata-document.ts';
import { registrationPolicy } from './policy.ts';

/** @returns undefined for an id that is no document, or whose document cannot be used */
export type FindDocumentClient = (id: string) => Promise<DocumentClient | undefined>;

export interface DocumentClientsOptions {
  config: Config;
  outbound: Pick<Outbound, 'get'>;
  /** Counts documents that this process does not know, by network. Absent: without a limit. */
  quota?: Pick<Quota, 'spend'> | undefined;
  /** The network that the current request comes from; undefined outside of a request. */
  network: () => string | undefined;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
}

/** Ids of documents that have been clients, which cost no quota. */
const MAX_KNOWN = 10_000;
/** Milliseconds. */
const KNOWN_LIFETIME = 24 * 60 * 60 * 1000;

/** Finds clients by their documents, which the guarded fetch caches. */
export function createDocumentClients(options: DocumentClientsOptions): FindDocumentClient {
  const { config, outbound, quota, network, clock, log } = options;
  const policy = registrationPolicy(config);
  const context = metadataContext(config);
  const { documents } = config.registration;
  const settings = outboundSettings(config);
  const known = new LRUCache<string, true>({
    max: MAX_KNOWN,
    ttl: KNOWN_LIFETIME,
    perf: { now: clock },
  });
  const clients = new WeakMap<OutboundDocument, DocumentClient>();

  const read = async (id: string): Promise<DocumentClient> => {
    const document = await outbound.get(id, {
      purpose: 'client_id_metadata_document',
      accept: 'application/json',
    });
    let client = clients.get(document);
    if (client === undefined) {
      client = clientOfDocument(id, document, policy, context);
      clients.set(document, client);
    }
    return client;
  };

  return async (id) => {
    if (!isDocumentId(id, settings)) return undefined;
    if (!isAllowedHost(id, documents)) {
      log.warn(
        { clientId: id },
        'the client is a metadata document of a host that registration.documents does not allow',
      );
      return undefined;
    }
    if (!known.has(id)) {
      const from = network();
      if (from !== undefined && (await quota?.spend(from)) !== undefined) return undefined;
    }
    try {
      const client = await read(id);
      known.set(id, true);
      return client;
    } catch (error) {
      if (!(error instanceof OutboundError || error instanceof DocumentError)) throw error;
      const detail = error instanceof OutboundError ? `${error.failure}: ${error.detail}` : error.message;
      log.warn({ clientId: id, detail }, 'the metadata document of the client cannot be used');
      return undefined;
    }
  };
}
