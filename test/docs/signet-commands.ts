import type { Command } from 'commander';
import { COMMAND_GROUPS, createProgram } from '../../src/main.ts';

/** The commands of `signet`, and the calls in a line of documentation. */

/** `user add`, `registration token add` and so on → the command. */
export async function allCommands(): Promise<Map<string, Command>> {
  const found = new Map<string, Command>();
  const add = (command: Command, path: string): void => {
    if (command.commands.length === 0) found.set(path, command);
    for (const part of command.commands) add(part, `${path} ${part.name()}`);
  };
  for (const { name } of COMMAND_GROUPS) {
    const group = (await createProgram(name)).commands.find((command) => command.name() === name);
    if (group !== undefined) add(group, name);
  }
  return found;
}

/** The output of `--help` of every group and command. */
export async function linesOfHelp(): Promise<string[]> {
  let help = '';
  for (const { name } of COMMAND_GROUPS) {
    const program = await createProgram(name);
    const group = program.commands.find((command) => command.name() === name);
    for (const command of group === undefined ? [] : withParts(group)) {
      command.configureOutput({ writeOut: (text) => (help += `${text}\n`) }).outputHelp();
    }
  }
  return help.split('\n');
}

function withParts(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withParts)];
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
  const [group = '', name = '', part = ''] = words;
  if (words.length === 1 && OTHER_CALLS.has(group)) return undefined;
  const paths = [group, `${group} ${name}`, `${group} ${name} ${part}`];
  const called = paths.map((path) => commands.get(path)).find((command) => command !== undefined);
  if (called === undefined) {
    const path = words.filter((word) => word !== '--help').join(' ');
    const isGroup = [...commands.keys()].some((command) => command.startsWith(`${path} `));
    return isGroup ? undefined : `${line}: there is no such command`;
  }
  const known = new Set([...called.options.map(({ long }) => long), '--help']);
  const unknown = words.find((word) => word.startsWith('--') && !known.has(word));
  return unknown === undefined ? undefined : `${line}: there is no ${unknown}`;
}
