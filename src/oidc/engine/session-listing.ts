import type { Context } from 'koa';
import { Provider } from 'oidc-provider';
import type { SessionFacts } from '../../accounts/sessions.ts';
import { listedNetworkOf } from '../../limits/network.ts';
import type { SessionEndJobs } from '../logout/session-end-jobs.ts';
import type { Listing, Payload } from '../../store/store.ts';

/** What lists show of a session, from its payload and the request that writes it. Computed at each write, and stored with it. */

/** Characters of a `User-Agent` that are stored: browsers send less than half of that. */
const MAX_USER_AGENT = 300;

type BrowserRequest = Pick<Context, 'get' | 'ip'>;

/**
 * @param payload of a session
 * @param now epoch seconds
 * @param request the one that is answered; undefined outside of requests
 * @returns undefined for a session without an account, which no list has
 */
export function sessionListing(
  payload: Payload,
  now: number,
  endJobs: SessionEndJobs = () => [],
  request: BrowserRequest | undefined = Provider.ctx,
): Listing | undefined {
  if (payload.accountId === undefined) return undefined;
  const authorizations = (payload.authorizations ?? {}) as Record<string, { grantId?: string }>;
  const grants = Object.entries(authorizations).flatMap(([clientId, { grantId }]) =>
    grantId === undefined ? [] : [[clientId, grantId] as const],
  );
  const { iat = now, amr = [] } = payload as { iat?: number; amr?: string[] };
  const facts: SessionFacts = {
    beganAt: iat,
    lastUsedAt: now,
    amr,
    clients: Object.keys(authorizations),
    ...browserOf(request),
  };
  return { facts: { ...facts }, grants: Object.fromEntries(grants), jobs: endJobs(payload) };
}

function browserOf(ctx: BrowserRequest | undefined): Pick<SessionFacts, 'network' | 'userAgent'> {
  if (ctx === undefined) return {};
  const userAgent = printable(ctx.get('User-Agent'));
  return { network: listedNetworkOf(ctx.ip), ...(userAgent !== '' && { userAgent }) };
}

/** Header values may have any byte; a list is printed on terminals and pages. */
function printable(text: string): string {
  return text
    .slice(0, MAX_USER_AGENT)
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
}
