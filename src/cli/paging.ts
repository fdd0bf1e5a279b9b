import { type Command, InvalidArgumentError } from 'commander';

/** Options of commands that list page by page. */

export interface PageOptions {
  limit: number;
  after?: string;
}

const DEFAULT_LIMIT = 50;

export function addPageOptions(command: Command): Command {
  return command
    .option('--limit <count>', 'maximum number of lines', parseLimit, DEFAULT_LIMIT)
    .option('--after <place>', 'continue a list: the place that the last command printed');
}

/** Prints the option of the next page to standard error. */
export function printNextPage(next: string | undefined): void {
  if (next !== undefined) process.stderr.write(`more: --after ${next}\n`);
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 to 9999.');
  return Number(text);
}
