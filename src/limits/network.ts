import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Limits on requests by network and by client. Owns the windows and the keys; the counters are the store's, the responses
 * belong to `http/` and `oidc/`. Failed passwords have rules of their own (`accounts/login-protection.ts`).
 */

/**
 * The network whose requests are counted together: one IPv4 address, or an IPv6 /64, the smallest block that a subscriber is
 * assigned (RFC 6177). An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address.
 * @param ip as the trusted hop reports it
 * @returns text that is not an IP address is returned as it is
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const [unzoned = ''] = ip.split('%');
  const address = ipaddr.process(unzoned);
  if (address.kind() === 'ipv4') return address.toString();
  const first = ipaddr.IPv6.networkAddressFromCIDR(`${unzoned}/64`);
  return `${first.toString()}/64`;
}

/** Whether an address is of this machine. @param ip as the trusted hop reports it */
export function isLoopback(ip: string): boolean {
  const [unzoned = ''] = ip.split('%');
  return ipaddr.isValid(unzoned) && ipaddr.process(unzoned).range() === 'loopback';
}

/**
 * The network that lists of sessions show, coarse enough not to follow a person: an IPv4 /24 or an IPv6 /48, the block of one site (RFC 6177).
 * @param ip as the trusted hop reports it
 * @returns undefined for text that is not an IP address
 */
export function listedNetworkOf(ip: string): string | undefined {
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
  if (!isIPv6(ip)) return undefined;
  const [unzoned = ''] = ip.split('%');
  const address = ipaddr.process(unzoned);
  return address.kind() === 'ipv4'
    ? `${ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/24`).toString()}/24`
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/48`).toString()}/48`;
}
