import { parseArgs } from 'node:util';

/** Options of the command line. */

export const SECTIONS = ['counts', 'plain', 'workers', 'nodes', 'growth'] as const;
export type Section = (typeof SECTIONS)[number];

export interface Options {
  mode: 'full' | 'quick';
  /** What is measured; all of it when the command line says nothing. */
  sections: readonly Section[];
  /** Measure the plain server against itself: what a ratio of 1 looks like on this machine. */
  calibrate: boolean;
  help: boolean;
}

/** How much is measured; durations in seconds. */
export interface Plan {
  rounds: number;
  /** Of each throughput measurement, and of the unmeasured load before it. */
  seconds: number;
  warmUp: number;
  ceilingSeconds: number;
  firstStarts: number;
  coldStarts: number;
  loginRounds: number;
  /** Of the token load without logins. */
  idleSeconds: number;
  /** One worker or node beside two, as long as the throughput measurements: client credentials, and the code flow too or not. */
  scale: { rounds: number; codeFlow: boolean };
  growth: GrowthPlan;
}

export interface GrowthPlan {
  accounts: number;
  clients: number;
  starts: number;
  rounds: number;
  /** Of each measurement of latencies. */
  seconds: number;
  /** Whether it is measured on Redis too. */
  redis: boolean;
}

export const PLANS: Readonly<Record<Options['mode'], Plan>> = {
  full: {
    rounds: 5,
    seconds: 3,
    warmUp: 1,
    ceilingSeconds: 2,
    firstStarts: 5,
    coldStarts: 11,
    loginRounds: 3,
    idleSeconds: 8,
    scale: { rounds: 7, codeFlow: true },
    growth: { accounts: 1_000_000, clients: 100_000, starts: 11, rounds: 7, seconds: 12, redis: true },
  },
  quick: {
    rounds: 3,
    seconds: 0.7,
    warmUp: 0.3,
    ceilingSeconds: 0.5,
    firstStarts: 1,
    coldStarts: 3,
    loginRounds: 1,
    idleSeconds: 4,
    scale: { rounds: 3, codeFlow: false },
    growth: { accounts: 50_000, clients: 5000, starts: 2, rounds: 2, seconds: 1, redis: false },
  },
};

export const USAGE = `Usage: npm run bench -- [options]

Counts what an operation costs in the store, and measures Signet beside plain oidc-provider, one worker and node beside two, and few
accounts beside many. About twenty minutes; bench/README.md says what each row means.

  --quick      about two minutes: fewer and shorter rounds, fewer accounts
  --only NAME  one part, several times for several: ${SECTIONS.join(', ')}; writes no results
  --calibrate  plain oidc-provider beside itself, to see how far from 1 a ratio strays here; writes no results
  --help       this text`;

/** @throws TypeError naming an unknown option or section */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      calibrate: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, calibrate, help, only } = values;
  const unknown = only.find((name) => !isSection(name));
  if (unknown !== undefined) throw new TypeError(`there is no part "${unknown}"`);
  const named = SECTIONS.filter((name) => only.includes(name));
  return {
    mode: quick ? 'quick' : 'full',
    sections: calibrate ? ['plain'] : named.length > 0 ? named : SECTIONS,
    calibrate,
    help,
  };
}

function isSection(name: string): name is Section {
  return SECTIONS.some((section) => section === name);
}
