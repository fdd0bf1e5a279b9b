import type { Command } from 'commander';
import { parseLimit } from './limit-option.ts';

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
  if (next !== undefined) process.stderr.write(`there are more: continue with --after ${next}\n`);
}
