import { isIPv6 } from 'node:net';

/** `::ffff:0:0/96`, IPv4 as a socket for both kinds sees it (RFC 4291 §2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0xffff] as const;

/**
 * Whose requests are counted together: those of an IPv4 address, or of an IPv6 /64, in which one subscriber has all addresses to
 * choose from (RFC 6177).
 * @param ip as the trusted hop reports it; anything else stands for itself
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const groups = groupsOf(ip);
  if (MAPPED.every((group, index) => groups[index] === group)) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The eight numbers of an IPv6 address in any of its spellings. */
function groupsOf(ip: string): number[] {
  const [address = ''] = ip.split('%');
  // In a URL there is one spelling (https://url.spec.whatwg.org/#concept-ipv6-serializer).
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [front, back] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - (front?.length ?? 0) - (back?.length ?? 0) }, () => '0');
  return [...(front ?? []), ...zeros, ...(back ?? [])].map((group) => Number.parseInt(group, 16));
}
