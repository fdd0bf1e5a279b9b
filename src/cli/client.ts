import { type Command, InvalidArgumentError, Option } from 'commander';
import { clientWarnings } from '../clients/warnings.ts';
import { parseDuration } from '../config/duration.ts';
import type { ClientRecord } from '../store/store.ts';
import {
  jsonOfRegistered,
  printApiSettings,
  printRegisteredClient,
  SAVE_SECRET,
} from './registered-client.ts';
import { listAllClients } from './all-clients.ts';
import { describeClient } from './client-description.ts';
import { fetchClientLogo } from './client-logo.ts';
import { addClientOptions, type ClientOptions, metadataFromOptions } from './client-options.ts';
import { registerTransfer } from './client-transfer.ts';
import { registerUpdate } from './client-update.ts';
import { withContext } from './context.ts';
import { readStdin } from './input.ts';
import { formatTime, printFacts, printJson, printLine, printTable, printWarning } from './output.ts';
import { addPresetOptions, chosenPreset, type PresetOptions } from './preset-options.ts';

/** `signet client`: clients in the store. Those declared in the configuration file are listed here and changed there. */

const SOURCES = ['declared', 'added', 'registered'] as const satisfies readonly ClientRecord['source'][];

type JsonOption = { json?: boolean };
type RotateOptions = JsonOption & { overlap: number; sealed?: boolean };
type AddOptions = ClientOptions & PresetOptions & JsonOption & { secretStdin?: boolean };

export function register(program: Command): void {
  const client = program
    .command('client')
    .summary('manage clients')
    .description(
      'Manages clients. Running servers follow within a second. Clients that are declared in the configuration file are\n' +
        'listed too; change those in the file.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ signet client add --id shop --name "The Shop" --redirect-uri https://shop.example/callback
  $ signet client add --preset openid-client --app-url https://app.example
  $ signet client add --id nightly-job --grant client_credentials --scope "messages:read"
  $ signet client add --id phone-app --public --native --redirect-uri com.example.app:/callback
  $ signet client update shop --redirect-uri https://shop.example/callback --redirect-uri https://shop.example/new
  $ signet client update shop --unset first_party
  $ signet client rotate-secret shop --overlap 2d`,
    );
  registerAdd(client);
  registerList(client);
  registerShow(client);
  registerUpdate(client);
  registerRotateSecret(client);
  registerTransfer(client);
  registerRemove(client);
}

function registerAdd(client: Command): void {
  addClientOptions(addPresetOptions(client.command('add')))
    .option('--id <client_id>', 'client_id (default: a random one)')
    .description('Adds a client and prints its secret, which cannot be shown again.')
    .option('--secret-stdin', 'read the secret from standard input instead of generating one')
    .option('--json', 'print JSON')
    .action(async (options: AddOptions, command: Command) => {
      if (options.metadata === '-' && options.secretStdin) {
        command.error('error: standard input cannot be both --metadata and --secret-stdin');
      }
      const preset = chosenPreset(command, options);
      await withContext(command, async (context) => {
        const { config, clients, clock } = context;
        const { issuer } = config;
        if (preset?.preset.role === 'api') {
          printApiSettings(issuer, preset, options);
          return;
        }
        const metadata = { ...preset?.metadata, ...(await metadataFromOptions(options)) };
        const given = options.secretStdin ? (await readStdin()).replace(/\r?\n$/, '') : undefined;
        const { client, secret } = await clients.add(metadata, { secret: given });
        clientWarnings(client.metadata).forEach(printWarning);
        const added = { issuer, client, secret, preset };
        if (options.json) printJson({ ...describeClient(client, clock()), ...jsonOfRegistered(added) });
        else printRegisteredClient(added);
        await fetchClientLogo(context, client);
      });
    });
}

function registerList(client: Command): void {
  client
    .command('list')
    .description('Lists all clients by client_id.')
    .addOption(new Option('--source <source>', 'only those of one source').choices(SOURCES))
    .option('--json', 'print JSON')
    .action(async ({ json, source }: JsonOption & { source?: string }, command: Command) => {
      await withContext(command, async ({ clients, clock }) => {
        const all = (await listAllClients(clients)).filter(
          (found) => (source ?? found.source) === found.source,
        );
        if (json) {
          printJson(all.map((found) => describeClient(found, clock())));
          return;
        }
        printTable(
          ['CLIENT_ID', 'NAME', 'SOURCE', 'AUTHENTICATION', 'GRANTS', 'REGISTERED', 'FROM', 'LAST USED'],
          all.map(({ id, source: from, metadata, registration, createdAt }) => [
            id,
            metadata.client_name ?? '',
            from,
            metadata.token_endpoint_auth_method,
            metadata.grant_types.join(' '),
            registration === undefined ? '' : formatTime(createdAt),
            registration?.network ?? '',
            registration?.lastUsedAt === undefined ? '' : formatTime(registration.lastUsedAt),
          ]),
        );
      });
    });
}

function registerShow(client: Command): void {
  client
    .command('show')
    .description('Shows a client: its metadata and how long its secrets are valid.')
    .argument('<client_id>')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: JsonOption, command: Command) => {
      await withContext(command, async ({ clients, clock }) => {
        const found = await clients.find(id);
        if (found === undefined) throw new Error(`there is no client ${id}`);
        const description = describeClient(found, clock());
        if (json) printJson(description);
        else {
          printFacts(
            Object.fromEntries(
              Object.entries(description).map(([name, value]) => [
                name,
                typeof value === 'string' ? value : JSON.stringify(value),
              ]),
            ),
          );
        }
      });
    });
}

function registerRotateSecret(client: Command): void {
  client
    .command('rotate-secret')
    .description(
      'Generates a secret and prints it; it cannot be shown again. The current secret stays valid for a while, so that the\n' +
        'application can change to the new one without an outage. An older one expires now.',
    )
    .argument('<client_id>')
    .option(
      '--overlap <time>',
      'how long the current secret stays valid: 0, 12h, 7d',
      parseOverlap,
      7 * 86_400,
    )
    .option(
      '--sealed',
      'also keep the new secret sealed, as a key: before the client is changed to HS256 or client_secret_jwt',
    )
    .option('--json', 'print JSON')
    .action(async (id: string, { overlap, sealed, json }: RotateOptions, command: Command) => {
      await withContext(command, async ({ clients, clock }) => {
        const { client, secret } = await clients.rotateSecret(id, { overlap, sealed });
        if (json) {
          printJson({ ...describeClient(client, clock()), client_secret: secret });
          return;
        }
        printFacts({ client_id: id, client_secret: secret });
        printLine(SAVE_SECRET);
        const previous = describeClient(client, clock()).secrets[1];
        printLine(
          previous?.expires_at === undefined
            ? 'The previous secret has expired.'
            : `The previous secret is valid until ${previous.expires_at}.`,
        );
      });
    });
}

function registerRemove(client: Command): void {
  client
    .command('remove')
    .description(
      'Removes a client that was added by `signet client add`, and revokes its tokens. APIs that do not introspect accept its JWTs\n' +
        'until they expire.',
    )
    .argument('<client_id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ clients }) => {
        await clients.remove(id);
        printLine(`removed ${id}`);
      });
    });
}

function parseOverlap(text: string): number {
  if (text === '0') return 0;
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new InvalidArgumentError('Expected 0, seconds, or a number with a unit: 90s, 12h, 7d.');
  return seconds;
}
