import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Logger } from '../observability/log.ts';

/**
 * The address of a client, for the audit trail and for limits. Forwarded addresses are read from the right, as long as the hop that reported
 * them is trusted. Configurations that make many clients share one address are logged, once for each reason and process.
 */
export type ClientAddress = (request: IncomingMessage) => string;

/** Headers that proxies add. Only the first is read, and only from a trusted proxy. */
const FORWARDED_HEADERS = ['X-Forwarded-For', 'Forwarded', 'X-Forwarded-Proto', 'X-Real-IP'] as const;

const FORWARDED_KEYS = FORWARDED_HEADERS.map((name) => name.toLowerCase());

/** Characters of a forwarded value in the log: fewer than any token has. */
const MAX_LOGGED = 20;

/** @param isTrusted whether an address is that of a trusted proxy */
export function readClientAddress(
  isTrusted: (address: string) => boolean,
  log: Pick<Logger, 'warn'>,
): ClientAddress {
  const warned = new Set<string>();
  const warnOnce = (reason: string, fields: object, message: string): void => {
    if (warned.has(reason)) return;
    warned.add(reason);
    log.warn(fields, message);
  };
  const warnUntrusted = (peer: string, { headers }: IncomingMessage): void => {
    const index = FORWARDED_KEYS.findIndex((key) => headers[key] !== undefined);
    if (index === -1) return;
    const header = FORWARDED_HEADERS[index];
    warnOnce(
      'untrusted',
      { peer, header },
      `${header} from ${peer} is ignored, because that address is not in trustedProxies: if it is a reverse proxy, all its clients ` +
        'share one address and one set of limits until trustedProxies has it',
    );
  };
  return (request) => {
    const peer = request.socket.remoteAddress ?? '';
    if (!isTrusted(peer)) {
      if (!warned.has('untrusted')) warnUntrusted(peer, request);
      return peer;
    }
    const hops = hopsOf(request.headers['x-forwarded-for']);
    if (hops.length === 0) {
      warnOnce(
        'missing',
        { peer },
        `a request of the trusted proxy ${peer} has no X-Forwarded-For: if the proxy sends none, all its clients share its address and ` +
          'one set of limits',
      );
    }
    let address = peer;
    while (isTrusted(address)) {
      const hop = hops.pop();
      if (hop === undefined) return address;
      const previous = addressOf(hop);
      if (previous === undefined) {
        const value = hop.slice(0, MAX_LOGGED);
        warnOnce(
          'unreadable',
          { peer: address, value },
          `${address} reports a client in X-Forwarded-For that is no address: all such clients share the address ${address} and one set ` +
            'of limits',
        );
        return address;
      }
      address = previous;
    }
    return address;
  };
}

/** Empty list elements are ignored (RFC 9110 §5.6.1). */
function hopsOf(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
}

/**
 * The address in one element of X-Forwarded-For. There is no specification; proxies write it plain, with a port, in brackets, or in quotes
 * as in RFC 7239 §6. A zone (RFC 4007 §11) is local to the hop's machine and is left out.
 * @returns undefined for `unknown`, `_hidden` (RFC 7239 §6.3) and everything else that is no address
 */
function addressOf(hop: string): string | undefined {
  const text = hop.replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[(.*)\](?::\d{0,5})?$/.exec(text)?.[1];
  // Without brackets, a port differs from a group of an IPv6 address by its fifth digit, or as the ninth group. Client ports start at 49152
  // (RFC 6335 §6; 32768 on Linux), so they have five digits.
  const candidates = bracketed === undefined ? [text, text.replace(/:\d{0,5}$/, '')] : [bracketed];
  return candidates.find((candidate) => isIP(candidate) !== 0)?.replace(/%.*$/, '');
}
