import type { Context } from 'koa';
import { type Accounts, createAccounts } from '../accounts/accounts.ts';
import type { Authentication } from '../accounts/authentication.ts';
import { type Consents, createConsents } from '../accounts/consents.ts';
import type { Passkeys } from '../accounts/credentials/passkeys.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import type { DeletionContext, Deletions } from '../accounts/deletion.ts';
import type { EnrolledFactors } from '../accounts/enrolled-factors.ts';
import { createSessions, type Sessions } from '../accounts/sessions.ts';
import type { ActorAudit } from '../audit/audit.ts';
import { personAudit } from '../http/person-audit.ts';
import type { Services } from '../http/services.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';

/** What the pages of `/account` use. */
export interface AccountServices extends Services {
  passwords: Passwords;
  authentication: Authentication;
  /** Undefined where they are off. */
  passkeys: Passkeys | undefined;
  deletions: Deletions;
  factors: EnrolledFactors;
  /** Tags of all languages that pages are in. */
  languages: readonly string[];
}

/** Records what the person of a request does to their own account. */
export function ownAudit(ctx: Context, services: Pick<Services, 'audit'>): ActorAudit {
  return personAudit(ctx, services, ctx.state.person.account.id);
}

/** `Accounts` whose changes are made by the person of a request. */
export function ownAccounts(ctx: Context, services: AccountServices): Accounts {
  const { store, passwords, clock, config } = services;
  const revocationLifetime = grantLifetime(config.lifetimes);
  return createAccounts({ store, passwords, audit: ownAudit(ctx, services), clock, revocationLifetime });
}

export function ownSessions(ctx: Context, services: AccountServices): Sessions {
  const { store, clock, config } = services;
  const revocationLifetime = grantLifetime(config.lifetimes);
  return createSessions({ store, audit: ownAudit(ctx, services), clock, revocationLifetime });
}

export function ownConsents(ctx: Context, services: AccountServices): Consents {
  const { store, clock, config } = services;
  const withdrawalLifetime = config.lifetimes.consent;
  return createConsents({ store, audit: ownAudit(ctx, services), clock, withdrawalLifetime });
}

export function deletionContext(ctx: Context, services: Pick<Services, 'audit'>): DeletionContext {
  return { audit: ownAudit(ctx, services) };
}
