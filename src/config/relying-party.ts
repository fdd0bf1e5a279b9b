import type { ConfigFile } from './schema.ts';

/** The server as an authenticator sees it. */
export interface RelyingParty {
  /** The domain that keys are bound to. */
  readonly rpId: string;
  /** Of the pages that ask for a key. */
  readonly origin: string;
  /** For the dialogues of browsers. */
  readonly name: string;
}

/** @returns undefined where passkeys are off, or the issuer's host is an address: keys are bound to domains (Web Authentication §5.1.2) */
export function relyingParty({
  issuer,
  passkeys: { enabled, rpId },
  brand,
}: Pick<ConfigFile, 'issuer' | 'passkeys' | 'brand'>): RelyingParty | undefined {
  const { hostname, origin } = new URL(issuer);
  return enabled && isDomain(hostname) ? { rpId: rpId ?? hostname, origin, name: brand.name } : undefined;
}

/** @returns a sentence for each problem */
export function passkeyProblems({ rpId }: ConfigFile['passkeys'], { hostname }: URL): string[] {
  if (rpId === undefined || rpId === hostname) return [];
  if (!isDomain(hostname))
    return [`passkeys.rpId: the issuer's host ${hostname} is an address, and passkeys need a domain`];
  if (!hostname.endsWith(`.${rpId}`))
    return [
      `passkeys.rpId: ${rpId} is neither the host of the issuer nor a parent domain of it; write ${parentsOf(hostname).join(' or ')}`,
    ];
  return parentsOf(hostname).includes(rpId)
    ? []
    : [
        `passkeys.rpId: ${rpId} is a suffix of domains of many owners, which browsers refuse; write ${hostname}`,
      ];
}

/** Second-level names under which registries of countries register domains of others. Browsers have the whole list (publicsuffix.org). */
const REGISTRY_NAMES = new Set(['ac', 'co', 'com', 'edu', 'go', 'gov', 'gv', 'ne', 'net', 'or', 'org']);

/** The host and its parents that one owner can have. */
function parentsOf(hostname: string): string[] {
  const labels = hostname.split('.');
  return labels
    .map((_, index) => labels.slice(index))
    .filter((rest, index) => index === 0 || !isSuffix(rest))
    .map((rest) => rest.join('.'));
}

function isSuffix([first = '', ...rest]: readonly string[]): boolean {
  return rest.length === 0 || (rest.length === 1 && rest[0]?.length === 2 && REGISTRY_NAMES.has(first));
}

/** The last label of a domain is not a number (WHATWG URL, "ends in a number"). */
function isDomain(hostname: string): boolean {
  return !hostname.startsWith('[') && !/(?:^|\.)\d+$/.test(hostname);
}
