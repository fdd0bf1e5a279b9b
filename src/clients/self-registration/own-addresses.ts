import type { ClientRecord } from '../../store/store.ts';

/** Addresses that pages link to. */
const LINKS = /^(?:client_uri|initiate_login_uri)(?:#|$)/;

/**
 * A client without links to hosts that are none of its redirect URIs, if it registered itself: they may be those of another application
 * (RFC 7591 §5).
 */
export function withOwnAddresses<Client extends Pick<ClientRecord, 'source' | 'metadata'>>(
  client: Client,
): Client {
  const { source, metadata } = client;
  if (source !== 'registered') return client;
  const hosts = new Set([metadata.redirect_uris ?? []].flat().map(hostOf));
  const own = Object.entries(metadata).filter(
    ([name, value]) => !LINKS.test(name) || hosts.has(hostOf(value)),
  );
  return { ...client, metadata: Object.fromEntries(own) };
}

function hostOf(uri: unknown): string | undefined {
  const host = typeof uri === 'string' ? URL.parse(uri)?.host : undefined;
  return host === '' ? undefined : host;
}
