import type { Accounts } from '../accounts/accounts.ts';
import { createFactorProtection } from '../accounts/factor-protection.ts';
import { createKnownDevices } from '../accounts/known-devices.ts';
import { createLinks, type Links } from '../accounts/links.ts';
import { type Confirmations, createConfirmations } from '../accounts/recovery/confirmations.ts';
import { createEmailChanges, type EmailChanges } from '../accounts/recovery/email-change.ts';
import { createEmailSignIns, type EmailSignIns } from '../accounts/recovery/email-sign-in.ts';
import { createEmailUndo, type EmailUndo, type EmailUndoOptions } from '../accounts/recovery/email-undo.ts';
import { createRecoveries, type Recoveries } from '../accounts/recovery/lost-factor.ts';
import { createPasswordResets, type PasswordResets } from '../accounts/recovery/password-reset.ts';
import { personActor } from '../audit/actors.ts';
import type { Audit, EventOrigin } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Mail } from '../mail/mail.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AuditActor, Store } from '../store/store.ts';

/** How people get back into their accounts, and prove that they have their mail boxes. */
export interface Recovery {
  links: Links;
  passwordResets: PasswordResets;
  confirmations: Confirmations;
  emailChanges: EmailChanges & EmailUndo;
  recoveries: Recoveries;
  emailSignIns: EmailSignIns;
}

export function createRecovery(options: {
  config: Pick<Config, 'issuer' | 'lifetimes' | 'loginProtection'>;
  store: Store;
  mail: Mail;
  sealer: Sealer;
  audit: Audit;
  clock: Clock;
  /** Accounts that an actor changes. */
  accountsAs: (actor: AuditActor, origin?: EventOrigin) => Accounts;
}): Recovery {
  const { config, store, clock, accountsAs } = options;
  const common = { ...options, issuer: config.issuer, revocationLifetime: grantLifetime(config.lifetimes) };
  const links = createLinks({ artifacts: store.artifacts, clock });
  const protection = createFactorProtection({ counters: store.counters, limits: config.loginProtection });
  const { knownDevice: lifetime } = config.loginProtection;
  const devices = createKnownDevices({ artifacts: store.artifacts, lifetime, clock });
  const accountsOf = (id: string, origin?: EventOrigin): Accounts => accountsAs(personActor(id), origin);
  const passwordResets = createPasswordResets({ ...common, links, devices, accountsOf });
  const draftResetLink: EmailUndoOptions['draftResetLink'] = (account) =>
    passwordResets.draftAfterUndo(account);
  return {
    links,
    passwordResets,
    confirmations: createConfirmations(options),
    emailChanges: {
      ...createEmailChanges({ ...common, links }),
      ...createEmailUndo({ ...common, links, draftResetLink }),
    },
    recoveries: createRecoveries({ ...common, links }),
    emailSignIns: createEmailSignIns({ ...common, links, protection, devices }),
  };
}
