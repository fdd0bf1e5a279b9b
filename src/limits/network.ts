import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whose requests are counted together: those of an IPv4 address, or of an IPv6 /64, in which one subscriber has all addresses to
 * choose from (RFC 6177). An IPv4 address as an IPv6 socket sees it (RFC 4291 §2.5.5.2) is that IPv4 address.
 * @param ip as the trusted hop reports it; anything else stands for itself
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const [unzoned = ''] = ip.split('%');
  const address = ipaddr.process(unzoned);
  if (address.kind() === 'ipv4') return address.toString();
  const first = ipaddr.IPv6.networkAddressFromCIDR(`${unzoned}/64`);
  return `${first.toString()}/64`;
}
