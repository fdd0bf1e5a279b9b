import { parseArgs } from 'node:util';

export interface SoakOptions {
  minutes: number;
  store: 'sqlite' | 'redis';
  /** Requests a second. */
  rate: number;
  help: boolean;
}

export const USAGE = `Usage: npm run test:soak -- [--minutes 10] [--store sqlite|redis] [--rate 500]

Sends valid and mutated requests to signet serve, and judges its memory, descriptors, event loop and store.
Writes bench/results/soak-STORE.svg, and all samples to soak-STORE.json (not in git).`;

/** @throws Error with a sentence for the command line */
export function readOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      store: { type: 'string', default: 'sqlite' },
      rate: { type: 'string', default: '500' },
      help: { type: 'boolean', default: false },
    },
  });
  const { store, help } = values;
  if (store !== 'sqlite' && store !== 'redis') throw new Error(`--store is sqlite or redis, not ${store}`);
  return { minutes: positive('minutes', values.minutes), rate: positive('rate', values.rate), store, help };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} is a positive number, not ${text}`);
  return number;
}
