import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { reportFailure } from './cli/failure.ts';
import { visibleLines } from './cli/output.ts';
import { closeObjectPrototype } from './config/reserved-names.ts';

/**
 * The `signet` command.
 *
 * Owns the list of command groups, the program options and the exit code. Does not own a command: each group is a file in `cli/`, and only
 * the one that is called is loaded, so that `signet serve` starts without the others. `bin/signet.js` calls `main`.
 */

interface CommandGroup {
  name: string;
  /** The same as in the group; repeated here for the list of commands. */
  summary: string;
  load: () => Promise<{ register: (program: Command) => void }>;
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { name: 'serve', summary: 'run the authorization server', load: () => import('./cli/serve.ts') },
  {
    name: 'dev',
    summary: 'run the server with the sample API and the sample app',
    load: () => import('./cli/dev.ts'),
  },
  {
    name: 'demo',
    summary: 'try both grants and the sample API against the running server',
    load: () => import('./cli/demo.ts'),
  },
  { name: 'user', summary: 'manage accounts', load: () => import('./cli/user.ts') },
  { name: 'group', summary: 'manage groups of accounts', load: () => import('./cli/group.ts') },
  { name: 'client', summary: 'manage clients', load: () => import('./cli/client.ts') },
  {
    name: 'registration',
    summary: 'manage tokens with which clients register themselves',
    load: () => import('./cli/registration.ts'),
  },
  { name: 'session', summary: 'list and end sessions', load: () => import('./cli/session.ts') },
  { name: 'consent', summary: 'list and withdraw consents', load: () => import('./cli/consent.ts') },
  {
    name: 'jobs',
    summary: 'list, retry and cancel messages that wait to be sent',
    load: () => import('./cli/jobs.ts'),
  },
  { name: 'mail', summary: 'send a test mail', load: () => import('./cli/mail.ts') },
  {
    name: 'keys',
    summary: 'list, export, rotate and retire the signing keys',
    load: () => import('./cli/keys.ts'),
  },
  { name: 'token', summary: 'decode and verify tokens', load: () => import('./cli/token.ts') },
  { name: 'audit', summary: 'read the audit trail', load: () => import('./cli/audit.ts') },
  {
    name: 'backup',
    summary: 'write the content of the store to a file',
    load: () => import('./cli/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'fill an empty store from a backup',
    load: async () => ({ register: (await import('./cli/backup.ts')).registerRestore }),
  },
  {
    name: 'store',
    summary: 'copy the content of one store to another',
    load: () => import('./cli/store.ts'),
  },
  { name: 'config', summary: 'check and print the configuration', load: () => import('./cli/config.ts') },
  {
    name: 'conformance',
    summary: 'check the configuration for the conformance suite',
    load: () => import('./cli/conformance.ts'),
  },
];

/**
 * Runs one command. Sets the exit code: 0 success, 1 failure, 2 wrong usage.
 * @param argv as in `process.argv`: node, script, arguments
 */
export async function main(argv: readonly string[]): Promise<void> {
  // `signet audit list | head` closes the pipe: not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  closeObjectPrototype();
  await runCommand(argv);
}

/** The command alone, without what `main` changes for the whole process. Sets the exit code. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  try {
    const program = await createProgram(calledGroup(argv.slice(2)));
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}

/** @param called name of the group to load; of the others only name and summary are registered */
export async function createProgram(called: string | undefined): Promise<Command> {
  const program = new Command('signet')
    .description('OAuth 2.0 and OpenID Connect authorization server')
    .version(readVersion(), '-V, --version', 'print the version')
    .option('--config <path>', 'configuration file (default: $SIGNET_CONFIG, else signet.yaml)')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .showHelpAfterError('(--help explains)')
    // The message quotes the argument.
    .configureOutput({ outputError: (message, write) => write(visibleLines(message)) })
    .exitOverride();
  for (const { name, summary, load } of COMMAND_GROUPS) {
    if (name === called) (await load()).register(program);
    else program.command(name).summary(summary);
  }
  return program;
}

/** The first word that is not a program option; in `help user`, the second. */
function calledGroup(args: readonly string[]): string | undefined {
  const words = args.filter((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--config');
  return words[0] === 'help' ? words[1] : words[0];
}

function readVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return version;
}
