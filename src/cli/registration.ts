import { type Command, InvalidArgumentError } from 'commander';
import * as v from 'valibot';
import {
  createInitialTokens,
  type InitialToken,
  type InitialTokens,
} from '../clients/self-registration/initial-tokens.ts';
import { parseDuration } from '../config/duration.ts';
import { hostPattern } from '../config/host-pattern.ts';
import { registrationProblems } from '../config/schema-registration.ts';
import { type CommandContext, withContext } from './context.ts';
import { formatTime, printFacts, printJson, printLine, printTable, printWarning } from './output.ts';

/** `signet registration token`: initial access tokens, with which clients register themselves (RFC 7591 §3). */

interface AddOptions {
  scope: string;
  host?: string[];
  uses: number | undefined;
  expires: number | undefined;
  json?: boolean;
}

export function register(program: Command): void {
  const token = program
    .command('registration')
    .summary('manage tokens with which clients register themselves')
    .description('Manages how clients register themselves (RFC 7591); docs/registration.md explains it.')
    .command('token')
    .description(
      'Manages initial access tokens. The holder of one may register clients, also where `registration` is open and its limits are\n' +
        'reached. Running servers follow at once.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ signet registration token add build-server --scope "openid profile orders:read" --host app.example --uses 1
  $ signet registration token add partner --expires 30d
  $ signet registration token list
  $ signet registration token remove partner`,
    );
  registerAdd(token);
  registerList(token);
  registerRemove(token);
}

function registerAdd(token: Command): void {
  token
    .command('add')
    .description('Makes a token and prints it, which cannot be shown again.')
    .argument('<name>', 'name in lists, in the audit trail, and of the clients that use it')
    .option('--scope <scopes>', 'scopes that its clients may register', 'openid profile email offline_access')
    .option(
      '--host <host>',
      'host of https redirect URIs, *.example.com for all below; repeat for more',
      parseHost,
    )
    .option('--uses <count>', 'how many clients it can register (default: any number)', parseUses)
    .option('--expires <time>', 'how long it is valid: 12h, 30d (default: until it is removed)', parseExpiry)
    .option('--json', 'print JSON')
    .action(async (name: string, options: AddOptions, command: Command) => {
      const { scope, host: hosts, uses, expires, json } = options;
      if (!/^[\w.-]{1,100}$/.test(name))
        command.error('error: a name has letters, digits, dots, dashes and underscores');
      await withContext(command, async (context) => {
        const { config, clock } = context;
        const scopes = scope.split(' ').filter(Boolean);
        const { apis, registration } = config;
        const problems = registrationProblems({ registration: { ...registration, scopes }, apis });
        if (problems.length > 0)
          throw new Error(problems.join('\n').replaceAll('registration.scopes', 'scope'));
        const expiresAt = expires === undefined ? undefined : Math.floor(clock() / 1000) + expires;
        const added = { name, terms: { scopes, hosts }, usesLeft: uses, expiresAt };
        const text = await tokensOf(context).add(added);
        if (json) printJson({ name, token: text });
        else {
          printFacts({ name, token: text });
          printLine('Save the token now: it cannot be shown again.');
        }
        if (registration.mode === 'off') printWarning('registration: is off in the configuration');
      });
    });
}

function registerList(token: Command): void {
  token
    .command('list')
    .description('Lists the tokens by name, without themselves.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      await withContext(command, async (context) => {
        const all = (await tokensOf(context).list()).map(describe);
        if (json) printJson(all);
        else {
          printTable(
            ['NAME', 'USES LEFT', 'EXPIRES', 'CREATED', 'HOSTS', 'SCOPES'],
            all.map(({ name, uses_left: uses = 'any', expires_at: end = '', ...rest }) => [
              name,
              String(uses),
              end,
              rest.created_at,
              rest.hosts?.join(' ') ?? 'as configured',
              rest.scopes.join(' '),
            ]),
          );
        }
      });
    });
}

function registerRemove(token: Command): void {
  token
    .command('remove')
    .description('Removes a token. The clients that it has registered stay.')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      await withContext(command, async (context) => {
        await tokensOf(context).remove(name);
        printLine(`removed ${name}`);
      });
    });
}

function tokensOf({ store, audit, clock }: CommandContext): InitialTokens {
  return createInitialTokens({ artifacts: store.artifacts, audit, clock });
}

function describe({ name, terms: { scopes, hosts }, usesLeft, createdAt, expiresAt }: InitialToken) {
  return {
    name,
    scopes,
    hosts,
    uses_left: usesLeft,
    created_at: formatTime(createdAt),
    expires_at: expiresAt === undefined ? undefined : formatTime(expiresAt),
  };
}

function parseHost(text: string, others: string[] = []): string[] {
  if (!v.is(hostPattern, text))
    throw new InvalidArgumentError('Expected a host name in lower case, or *. before one.');
  return [...others, text];
}

function parseUses(text: string): number {
  const uses = Number(text);
  if (!/^\d{1,6}$/.test(text) || uses < 1) throw new InvalidArgumentError('Expected a number from 1 on.');
  return uses;
}

function parseExpiry(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Expected a number with a unit: 12h, 30d.');
  return seconds;
}
