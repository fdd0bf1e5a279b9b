import type { Command } from 'commander';
import { COMMAND_GROUPS, createProgram } from '../../src/main.ts';

/** The commands of `signet`, and the calls in a line of documentation. */

/** `user add` and so on → the command. */
export async function allCommands(): Promise<Map<string, Command>> {
  const found = new Map<string, Command>();
  for (const { name } of COMMAND_GROUPS) {
    const program = await createProgram(name);
    const group = program.commands.find((command) => command.name() === name);
    for (const command of group?.commands ?? []) found.set(`${name} ${command.name()}`, command);
    if (group?.commands.length === 0) found.set(name, group);
  }
  return found;
}

/** The output of `--help` of every group and command. */
export async function linesOfHelp(): Promise<string[]> {
  let help = '';
  for (const { name } of COMMAND_GROUPS) {
    const program = await createProgram(name);
    const group = program.commands.find((command) => command.name() === name);
    for (const command of [group, ...(group?.commands ?? [])]) {
      command?.configureOutput({ writeOut: (text) => (help += `${text}\n`) }).outputHelp();
    }
  }
  return help.split('\n');
}

/** Calls that are no command of the program: `bin/signet.js` answers the first, and the program itself the second. */
const OTHER_CALLS: ReadonlySet<string> = new Set(['precompile', '--version']);

/** The ways to call `signet`, after a prompt, variables or another command of a pipe. */
const CALL =
  /(?:^|[|$] )(?:[A-Z_]+=\S+ )*(?:signet|node bin\/signet\.js|npm run -s signet --) (?!COMMAND)([^|]*)/;

/** @returns the problem of the call in a line; undefined without a call or without a problem */
export function problemOfCall(line: string, commands: ReadonlyMap<string, Command>): string | undefined {
  const words = CALL.exec(line)?.[1]
    ?.replace(/^--config \S+ /, '')
    .match(/"[^"]*"|\S+/g);
  if (words === undefined || words === null) return undefined;
  const [group = '', name = ''] = words;
  if (words.length === 1 && OTHER_CALLS.has(group)) return undefined;
  const called = commands.get(group) ?? commands.get(`${group} ${name}`);
  if (called === undefined) {
    const isGroup = [...commands.keys()].some((command) => command.startsWith(`${group} `));
    return isGroup && (name === '' || name === '--help') ? undefined : `${line}: there is no such command`;
  }
  const known = new Set([...called.options.map(({ long }) => long), '--help']);
  const unknown = words.find((word) => word.startsWith('--') && !known.has(word));
  return unknown === undefined ? undefined : `${line}: there is no ${unknown}`;
}
