import { parseArgs } from 'node:util';

/** What the command line says. */

export interface Options {
  mode: 'full' | 'quick';
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
  },
};

export const USAGE = `Usage: npm run bench -- [options]

Measures Signet beside plain oidc-provider. About seven minutes; bench/README.md says what each row means.

  --quick      about a minute: fewer and shorter rounds
  --calibrate  plain oidc-provider beside itself, to see how far from 1 a ratio strays here; writes no results
  --help       this text`;

/** @throws TypeError naming an unknown option */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      calibrate: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return { mode: values.quick ? 'quick' : 'full', calibrate: values.calibrate, help: values.help };
}
