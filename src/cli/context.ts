import type { Command } from 'commander';
import { type Accounts, createAccounts } from '../accounts/accounts.ts';
import { type Consents, createConsents } from '../accounts/consents.ts';
import { createPasswords } from '../accounts/credentials/password.ts';
import { createSessions, type Sessions } from '../accounts/sessions.ts';
import { type ActorAudit, createAudit } from '../audit/audit.ts';
import { type Clients, createClients } from '../clients/clients.ts';
import { metadataContext } from '../clients/fields/shape.ts';
import { type Config, type ConfigSources, loadConfig } from '../config/config.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';
import type { Mail } from '../mail/mail.ts';
import { createSealer } from '../signing/sealing/sealer.ts';
import { describeStore, openConfiguredStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { commandMail } from './mailing.ts';
import { commandOperator } from './operator.ts';
import { commandOutbound } from './outbound.ts';
import { printWarning } from './output.ts';

/**
 * Services that a command uses. Commands write to the store directly. A running server reads the store for every request and so follows at
 * once.
 */
export interface CommandContext {
  readonly config: Config;
  readonly store: Store;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly consents: Consents;
  readonly clients: Clients;
  readonly mail: Mail;
  /** Of the operator who runs the command. */
  readonly audit: ActorAudit;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** The configuration for a command: its `--config`, the file and the environment. */
export function commandConfig(command: Command): Config {
  return loadConfig(configSources(command));
}

export function configSources(command: Command): ConfigSources {
  const { config: path } = command.optsWithGlobals<{ config?: string }>();
  return { env: process.env, path, interactive: process.stdout.isTTY };
}

/**
 * Opens the store, prints which one to standard error, runs a command, and closes the store, also after an error.
 * @param options.create whether a missing store is created; without it, a command in the wrong directory fails
 */
export async function withContext(
  command: Command,
  run: (context: CommandContext) => Promise<void>,
  { create = false }: { create?: boolean } = {},
): Promise<void> {
  const config = commandConfig(command);
  const clock = Date.now;
  const store = await openConfiguredStore(config, { clock, create, onWait: printWarning });
  process.stderr.write(`store: ${await describeStore(config.store)}\n`);
  const trail = createAudit({
    store,
    clock,
    onError: () => process.stderr.write('warning: the audit trail could not be written\n'),
  });
  const audit = trail.as(commandOperator());
  try {
    const revocationLifetime = grantLifetime(config.lifetimes);
    const accounts = createAccounts({
      store,
      passwords: createPasswords(config.passwords, config),
      audit,
      clock,
      revocationLifetime,
    });
    const sessions = createSessions({ store, audit, clock, revocationLifetime });
    const consents = createConsents({
      store,
      audit,
      clock,
      withdrawalLifetime: Math.max(revocationLifetime, config.lifetimes.consent),
    });
    const sealer = createSealer(config);
    const clients = createClients({
      store,
      ...metadataContext(config),
      audit,
      clock,
      sealer,
      declaredIn: (id) => declaredIn(config, id),
      outbound: commandOutbound(config),
    });
    const mail = commandMail({ config, store, sealer, audit: trail, clock });
    await run({ config, store, accounts, sessions, consents, clients, mail, audit, clock });
  } finally {
    await trail.close();
    await store.close();
  }
}

function declaredIn({ clients, sourceFiles }: Config, id: string): string | undefined {
  if (!clients.some((client) => client.client_id === id)) return undefined;
  return sourceFiles.fileOfClient(id) ?? 'the demo configuration';
}
