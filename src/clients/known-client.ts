import type { ClientRecord } from '../store/store.ts';

/** A client that is no record of the store: its id is the address of a document with its metadata. */
export interface DocumentClient extends Omit<ClientRecord, 'source' | 'registration'> {
  source: 'document';
  registration?: undefined;
}

/** A client as requests find it. */
export type KnownClient = ClientRecord | DocumentClient;

export type FindClient = (id: string) => Promise<KnownClient | undefined>;
