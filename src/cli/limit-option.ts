import { InvalidArgumentError } from 'commander';

/** The value of an option `--limit`. */
export function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 to 999999.');
  return Number(text);
}
