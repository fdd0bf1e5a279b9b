import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { OutboundError } from './errors.ts';

/** Which addresses a connection may be made to, decided before it is made. */

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export type ResolveHost = (hostname: string) => Promise<readonly HostAddress[]>;

/** As every program on this machine does: with `/etc/hosts`, and the search domains of a cluster. */
export const resolveHost: ResolveHost = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/**
 * The addresses of the host of a URL. The caller connects to these and resolves no second time, so that a name server cannot answer with
 * a public address here and with a private one there (DNS rebinding). One refused address refuses the host.
 * @param hostname of a `URL`: an IPv6 address is in brackets
 * @throws OutboundError
 */
export async function permittedAddresses(
  hostname: string,
  resolve: ResolveHost,
  privateNetworks: boolean,
): Promise<readonly HostAddress[]> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  const addresses =
    family === 0 ? await resolved(host, resolve) : [{ address: host, family: family as 4 | 6 }];
  for (const { address } of addresses) {
    if (!isPermitted(address, privateNetworks)) {
      throw new OutboundError('address', `${host} has the address ${address}`);
    }
  }
  return addresses;
}

async function resolved(host: string, resolve: ResolveHost): Promise<readonly HostAddress[]> {
  let addresses: readonly HostAddress[];
  try {
    addresses = await resolve(host);
  } catch (error) {
    throw new OutboundError('host', `${host}: ${(error as NodeJS.ErrnoException).code ?? 'lookup failed'}`);
  }
  if (addresses.length === 0) throw new OutboundError('host', `${host} has no address`);
  return addresses;
}

/** Ranges of ipaddr.js that the switch for private networks adds. Link-local ones are not: clouds have their metadata there. */
const PRIVATE_RANGES = new Set<string>(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal']);

/** Metadata services of clouds within the ranges above: AWS (IPv6), Alibaba. */
const METADATA_SERVICES = new Set(['fd00:ec2::254', '100.100.100.200']);

/** RFC 4291 §2.4: the block of all global addresses. What is outside is special, or not assigned. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** RFC 9637: documentation. */
const DOCUMENTATION_IPV6 = ipaddr.IPv6.parseCIDR('3fff::/20');

/**
 * An allow-list: an address of no known kind is refused. So is every IPv6 address that contains an IPv4 address (RFC 4291 §2.5.5,
 * RFC 6052, RFC 3056, RFC 4380), whatever that one is.
 */
export function isPermitted(text: string, privateNetworks: boolean): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  const range = address.range();
  if (METADATA_SERVICES.has(address.toString())) return false;
  if (PRIVATE_RANGES.has(range)) return privateNetworks;
  if (range !== 'unicast') return false;
  if (address instanceof ipaddr.IPv4) return true;
  return address.match(GLOBAL_IPV6) && !address.match(DOCUMENTATION_IPV6);
}
