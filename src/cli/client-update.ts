import type { Command } from 'commander';
import { clientWarnings } from '../clients/warnings.ts';
import { jsonOfRegistered, printRegisteredClient } from './registered-client.ts';
import { collect } from './claim-options.ts';
import { fetchClientLogo } from './client-logo.ts';
import { describeClient } from './client-description.ts';
import {
  addClientOptions,
  type ClientOptions,
  metadataFromOptions,
  withRefreshTokens,
} from './client-options.ts';
import { withContext } from './context.ts';
import { printJson, printLine, printWarning } from './output.ts';

/** `signet client update`: changes the metadata of a client that was added on the command line. */

type UpdateOptions = ClientOptions & { unset?: string[]; json?: boolean };

export function registerUpdate(client: Command): void {
  addClientOptions(client.command('update').argument('<client_id>'))
    .description(
      'Changes a client that was added by `signet client add`. The given members are replaced, also lists as a whole; the others stay.\n' +
        'In the file of --metadata, null removes a member. Secrets, consents and tokens stay. Running servers follow within a second.',
    )
    .option(
      '--unset <member>',
      'remove a member of the metadata, for instance first_party; repeat for more',
      collect,
    )
    .option('--json', 'print JSON')
    .action(async (id: string, options: UpdateOptions, command: Command) => {
      const { refreshTokens = false, ...others } = options;
      const given = await metadataFromOptions(others);
      const both = options.unset?.find((name) => (given[name] ?? null) !== null);
      if (both !== undefined) command.error(`error: ${both} cannot be both set and --unset`);
      const removed = Object.fromEntries((options.unset ?? []).map((name) => [name, null]));
      const change = { ...given, ...removed };
      if (Object.keys(change).length === 0 && !refreshTokens) {
        command.error('error: name what to change: an option for a member, --metadata or --unset');
      }
      await withContext(command, async (context) => {
        const { config, clients, clock } = context;
        const { issuer } = config;
        const {
          client: updated,
          changed,
          secret,
        } = await clients.update(id, (current) =>
          refreshTokens
            ? { ...change, grant_types: withRefreshTokens(change.grant_types ?? current.grant_types) }
            : change,
        );
        const { token_endpoint_auth_method: method } = updated.metadata;
        clientWarnings(updated.metadata).forEach(printWarning);
        if (method === 'none' && changed.includes('token_endpoint_auth_method')) {
          printWarning('token_endpoint_auth_method: its refresh tokens can be used without a secret now');
        }
        const shown = { issuer, client: updated, secret };
        if (options.json) {
          printJson({ ...describeClient(updated, clock()), ...jsonOfRegistered(shown), changed });
        } else if (changed.length === 0) printLine(`nothing was changed: ${id} has these values already`);
        else printRegisteredClient(shown, `updated ${id}: ${changed.join(', ')}`);
        if (changed.includes('logo_uri')) await fetchClientLogo(context, updated);
      });
    });
}
