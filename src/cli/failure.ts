import { debuglog } from 'node:util';
import { CommanderError } from 'commander';
import { visibleLines } from './output.ts';

/** Error output and exit code of a failed command. */

const debug = debuglog('signet');

/**
 * Writes one line for each problem to standard error, without a stack trace (`NODE_DEBUG=signet` shows it).
 * @returns the exit code: 0 for `--help`, 1 failure, 2 wrong usage
 */
export function reportFailure(error: unknown): number {
  debug('%O', error);
  // commander has already written the message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const [first = 'unknown', ...rest] = problemsOf(error).map(visibleLines);
  const lines =
    rest.length === 0 ? [`error: ${first}`] : ['error:', ...[first, ...rest].map((line) => `  ${line}`)];
  process.stderr.write(`${lines.join('\n')}\n`);
  return 1;
}

/** ConfigurationError, AccountError and ClientError have a list. Any other error is one problem: its message. */
function problemsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if ('problems' in error && Array.isArray(error.problems)) return error.problems.map(String);
  return [error.message.split('\n')[0] ?? error.name];
}
