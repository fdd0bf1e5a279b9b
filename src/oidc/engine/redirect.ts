import type { Context } from 'koa';

/** Redirects of the engine and around it: authorization responses, errors, and the end of a sign-out. */

/**
 * Redirects by GET to exactly this address. Koa would parse and serialize it, which changes its spelling.
 * @param address absolute, with the characters of a URI only (`clients/redirect-uri.ts`)
 */
export function redirectTo(ctx: Context, address: string): void {
  ctx.status = 303;
  ctx.redirect(address);
  ctx.set('Location', address);
}

/**
 * Adds parameters to the query of an address. What is registered stays as it is, byte for byte (RFC 6749 §3.1.2): also a query that is no
 * list of parameters, as in `https://example.com/index.php?/oauth/callback/`. An added parameter replaces a registered one of the same name.
 * @param parameters texts and numbers; other values are left out
 */
export function addToQuery(address: string, parameters: Readonly<Record<string, unknown>>): string {
  const added = encodeParameters(parameters);
  if (added.size === 0) return address;
  const [, base = '', query, fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(address) ?? [];
  const kept =
    query === undefined || query === '' ? [] : query.split('&').filter((pair) => !added.has(nameOf(pair)));
  return `${base}?${[...kept, added.toString()].join('&')}${fragment}`;
}

/**
 * Adds parameters as the fragment of an address without one (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
 * @param parameters texts and numbers; other values are left out
 */
export function addFragment(address: string, parameters: Readonly<Record<string, unknown>>): string {
  return `${address}#${encodeParameters(parameters).toString()}`;
}

function encodeParameters(parameters: Readonly<Record<string, unknown>>): URLSearchParams {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'string' || typeof value === 'number') encoded.append(name, `${value}`);
  }
  return encoded;
}

function nameOf(pair: string): string {
  const [name = ''] = new URLSearchParams(pair).keys();
  return name;
}
