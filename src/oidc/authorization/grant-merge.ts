import type { Payload } from '../../store/store.ts';

/**
 * Merges a grant with the stored one: two tabs may consent at the same time, each to other scopes. Grants only grow, so the result is the
 * union. A scope that the client has lost does not return by this: it is removed whenever a grant is read (`engine/generation.ts`).
 */
export function mergeGrants(stored: Payload | undefined, written: Payload): Payload {
  if (stored === undefined) return written;
  const [before, after] = [stored as Payload & GrantPayload, written as Payload & GrantPayload];
  const scope = union(before.openid?.scope, after.openid?.scope);
  const claims = [...new Set([...(before.openid?.claims ?? []), ...(after.openid?.claims ?? [])])];
  const resources: Record<string, string> = { ...before.resources };
  for (const [resource, scopes] of Object.entries(after.resources ?? {})) {
    resources[resource] = union(resources[resource], scopes);
  }
  const apis = new Set([...(before.apis ?? []), ...(after.apis ?? [])]);
  const destinations = new Set([...(before.destinations ?? []), ...(after.destinations ?? [])]);
  return {
    ...written,
    exp: Math.max(before.exp, after.exp),
    ...((scope !== '' || claims.length > 0) && {
      openid: { ...after.openid, ...(scope !== '' && { scope }), ...(claims.length > 0 && { claims }) },
    }),
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(apis.size > 0 && { apis: [...apis] }),
    ...(destinations.size > 0 && { destinations: [...destinations] }),
  };
}

/** The part that Signet uses: nothing is rejected. */
interface GrantPayload {
  /** Epoch seconds. */
  exp: number;
  openid?: { scope?: string; claims?: string[] };
  /** Scopes by resource indicator, separated by spaces. */
  resources?: Record<string, string>;
  /** See `grant-apis.ts`. */
  apis?: string[];
  /** See `consent-destination.ts`. */
  destinations?: string[];
}

function union(a = '', b = ''): string {
  return [...new Set(`${a} ${b}`.split(' ').filter(Boolean))].join(' ');
}
