import type { Payload } from '../../store/store.ts';

/**
 * Two tabs may consent at once, each to scopes of its own. Grants only grow, so what is written is what both hold. A scope that the client
 * lost meanwhile does not come back by this: it is taken out whenever a grant is read (`validity.ts`).
 */
export function mergeGrants(stored: Payload | undefined, written: Payload): Payload {
  if (stored === undefined) return written;
  const [before, after] = [stored as Payload & GrantPayload, written as Payload & GrantPayload];
  const scope = union(before.openid?.scope, after.openid?.scope);
  const resources: Record<string, string> = { ...before.resources };
  for (const [resource, scopes] of Object.entries(after.resources ?? {})) {
    resources[resource] = union(resources[resource], scopes);
  }
  return {
    ...written,
    exp: Math.max(before.exp, after.exp),
    ...(scope !== '' && { openid: { ...after.openid, scope } }),
    ...(Object.keys(resources).length > 0 && { resources }),
  };
}

/** As far as Signet uses it: no claims, nothing that was rejected. */
interface GrantPayload {
  /** Epoch seconds. */
  exp: number;
  openid?: { scope?: string };
  /** Scopes by resource indicator, separated by spaces. */
  resources?: Record<string, string>;
}

function union(a = '', b = ''): string {
  return [...new Set(`${a} ${b}`.split(' ').filter(Boolean))].join(' ');
}
