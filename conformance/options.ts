import { parseArgs } from 'node:util';
import { choosePlans, type Plan } from './plans/plans.ts';

/** Options of the command line. */

interface Common {
  directory: string;
  plans: readonly Plan[];
}

export type Options =
  | (Common & {
      command: 'serve';
      issuer: string;
      suite: string;
      suiteCertificate: string | undefined;
      host: string;
      port: number;
    })
  | (Common & {
      command: 'run';
      suite: string;
      rotate: boolean;
      record: boolean;
      /** Modules at a time. */
      parallel: number;
      /** Names of modules; all of them when empty. */
      modules: readonly string[];
    })
  | { command: 'plans' }
  | { command: 'help' };

const DEFAULTS = {
  issuer: 'https://op.test:3443',
  suite: 'https://localhost.emobix.co.uk:8443',
  data: 'data/conformance',
  host: '127.0.0.1',
  port: '3480',
  parallel: '2',
};

export const USAGE = `Usage: npm run conformance -- serve [PLAN…] [options]
       npm run conformance -- run [PLAN…] [options]
       npm run conformance -- plans

Serves Signet for the conformance suite of the OpenID Foundation, and runs plans of a suite that is up against it. docs/conformance.md
describes the preparation. Without PLAN: all of them. A name may end with *.

  --suite URL      base address of the suite; ${DEFAULTS.suite}
  --data DIR       directory of the server: keys, database, plan files; ${DEFAULTS.data}

serve
  --suite-ca FILE  certificate of the suite, PEM; without it, one is made for the suite
  --issuer URL     https, and not localhost; ${DEFAULTS.issuer}
  --host ADDRESS   address that the TLS listener listens on; ${DEFAULTS.host}
  --port PORT      of the server behind it; ${DEFAULTS.port}

run
  --rotate         rotate the signing key for oidcc-server-rotate-keys; without it, the module is left out
  --module NAME    this module only, several times for several
  --parallel N     modules at a time; ${DEFAULTS.parallel}
  --record         write the results to docs/conformance.md`;

/** @throws TypeError naming what is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      suite: { type: 'string', default: DEFAULTS.suite },
      'suite-ca': { type: 'string' },
      data: { type: 'string', default: DEFAULTS.data },
      issuer: { type: 'string', default: DEFAULTS.issuer },
      host: { type: 'string', default: DEFAULTS.host },
      port: { type: 'string', default: DEFAULTS.port },
      rotate: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      module: { type: 'string', multiple: true, default: [] },
      parallel: { type: 'string', default: DEFAULTS.parallel },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, ...names] = positionals;
  if (values.help || command === undefined) return { command: 'help' };
  if (command === 'plans') return { command };
  const common = {
    directory: values.data,
    plans: choosePlans(names),
    suite: webAddress('suite', values.suite),
  };
  if (command === 'serve') {
    const { host, port } = values;
    return {
      command,
      ...common,
      issuer: webAddress('issuer', values.issuer),
      suiteCertificate: values['suite-ca'],
      host,
      port: count('port', port),
    };
  }
  if (command !== 'run') throw new TypeError(`there is no command "${command}"`);
  const { rotate, record, module, parallel } = values;
  return { command, ...common, rotate, record, modules: module, parallel: count('parallel', parallel) };
}

/** @returns without a slash at the end */
function webAddress(name: string, text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new TypeError(`--${name}: expected an https address, not ${text}`);
  return url.href.replace(/\/$/, '');
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new TypeError(`--${name}: expected a number, not ${text}`);
  return Number(text);
}
