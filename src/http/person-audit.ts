import type { Context } from 'koa';
import { personActor } from '../audit/actors.ts';
import type { ActorAudit, Audit } from '../audit/audit.ts';
import { auditContext } from './state.ts';

/** Records what the person of an account does to it by a request. */
export function personAudit(ctx: Context, { audit }: { audit: Audit }, accountId: string): ActorAudit {
  return audit.as(personActor(accountId), auditContext(ctx));
}
