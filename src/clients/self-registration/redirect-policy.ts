import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { matchesHost } from '../../config/host-pattern.ts';
import { isWeb } from '../../config/url.ts';
import { hasDotlessScheme, isLoopback } from '../redirect-uri.ts';
import type { RegistrationPolicy } from './policy.ts';

/** Redirect URIs of clients that register themselves: what the policy adds to the rules for all clients (`redirect-uri.ts`). */

type Redirects = Pick<
  RegistrationPolicy,
  'issuer' | 'redirectHosts' | 'loopback' | 'appSchemes' | 'dotlessSchemes'
>;

const LISTS = ['redirect_uris', 'post_logout_redirect_uris'] as const;

/** Names that no public host has (RFC 6761, RFC 6762, RFC 9476, ICANN's `internal`), and those of home networks (RFC 8375). */
const PRIVATE_NAMES =
  /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|test|invalid|alt|home\.arpa)$/;

/** @returns one sentence per problem */
export function redirectPolicyProblems(
  metadata: Readonly<Record<(typeof LISTS)[number], readonly string[]>>,
  policy: Redirects,
): string[] {
  return LISTS.flatMap((name) =>
    metadata[name].flatMap((uri) => {
      const url = URL.parse(uri);
      // A text that is no URI is reported by the rules for all clients.
      const problem = url === null ? undefined : problemOf(uri, url, policy);
      return problem === undefined ? [] : [`${name}: ${JSON.stringify(uri)} ${problem}`];
    }),
  );
}

function problemOf(uri: string, url: URL, policy: Redirects): string | undefined {
  if (isWithin(url, policy.issuer)) return 'is an address of this server';
  if (isLoopback(url)) {
    return policy.loopback ? undefined : 'is on a loopback address, which this server does not allow';
  }
  if (isWeb(url)) return hostProblem(url.hostname, policy.redirectHosts);
  if (hasDotlessScheme(uri)) {
    return policy.dotlessSchemes.includes(url.protocol.slice(0, -1))
      ? undefined
      : 'has a scheme without a dot, which this server does not allow; use a reversed domain name such as com.example.app:/callback (RFC 8252 §7.1)';
  }
  return policy.appSchemes ? undefined : 'has the scheme of an app, which this server does not allow';
}

/** Pages would name the host of this server as that of the client. */
function isWithin(url: URL, issuer: string): boolean {
  const { protocol, host, pathname } = new URL(issuer);
  const path = pathname.replace(/\/?$/, '/');
  const isSameHost = url.protocol === protocol && url.host.replace(/\.(?=:|$)/, '') === host;
  return isSameHost && `${url.pathname}/`.startsWith(path);
}

function hostProblem(host: string, allowed: readonly string[]): string | undefined {
  if (allowed.some((pattern) => matchesHost(host, pattern))) return undefined;
  if (allowed.length > 0) return 'has a host that this server does not allow';
  return isPublicHost(host) ? undefined : 'is not on a public host';
}

/** By its name alone: a browser connects to it, not this server. */
function isPublicHost(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return ipaddr.process(address).range() === 'unicast';
  const name = host.replace(/\.$/, '');
  return name.includes('.') && !PRIVATE_NAMES.test(name);
}
