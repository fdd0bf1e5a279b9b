import { debuglog } from 'node:util';
import { CommanderError } from 'commander';

/** How a command that failed says so. */

const debug = debuglog('signet');

/**
 * Writes what went wrong to standard error, a line per problem and no stack trace (`NODE_DEBUG=signet` shows it).
 * @returns the exit code: 0 when nothing failed (`--help`), 1 failed, 2 wrong usage
 */
export function reportFailure(error: unknown): number {
  debug('%O', error);
  // commander has already said what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const [first = 'unknown', ...rest] = problemsOf(error);
  const lines =
    rest.length === 0 ? [`error: ${first}`] : ['error:', ...[first, ...rest].map((line) => `  ${line}`)];
  process.stderr.write(`${lines.join('\n')}\n`);
  return 1;
}

/** ConfigurationError, AccountError and ClientError carry a list; every other error is its message. */
function problemsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if ('problems' in error && Array.isArray(error.problems)) return error.problems.map(String);
  return [error.message.split('\n')[0] ?? error.name];
}
