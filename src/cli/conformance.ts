import type { Command } from 'commander';
import type { Account } from '../accounts/accounts.ts';
import { CLAIM_SCOPES } from '../oidc/engine/claims.ts';
import { listAllClients } from './all-clients.ts';
import { checkPlans, type PlanCheck } from './conformance-plans.ts';
import { withContext } from './context.ts';
import { printJson, printLine } from './output.ts';

/** `signet conformance`: which plans of the conformance suite this configuration would pass, without the suite. */

/**
 * The standard claims (OpenID Connect Core §5.1) that an account has only where they were set. The server fills in the others
 * (`oidc/engine/find-account.ts`).
 */
const STANDARD_CLAIMS = [...CLAIM_SCOPES]
  .filter(([claim, scope]) => scope !== 'groups' && !['preferred_username', 'updated_at'].includes(claim))
  .map(([claim]) => claim);

/** Of these, one should have every claim. A server for tests has few. */
const ACCOUNTS = 100;

export function register(program: Command): void {
  program
    .command('conformance')
    .summary('check the configuration for the conformance suite')
    .description(
      'Checks the configuration for the conformance suite of the OpenID Foundation (docs/conformance.md).',
    )
    .command('check')
    .description(
      'Says for each plan of the suite whether this configuration, with the clients and accounts of its store, would pass it, and\n' +
        'what prevents it. Needs no suite. Exit code 1 unless all of them would pass.',
    )
    .argument('[plan...]', 'names of plans; all of them when absent')
    .option('--json', 'print JSON')
    .action(async (names: string[], { json }: { json?: boolean }, command: Command) => {
      await withContext(command, async ({ config, clients, accounts }) => {
        const checks = choose(
          checkPlans({
            config,
            clients: await listAllClients(clients),
            missingClaims: missingClaims(await accounts.list({ limit: ACCOUNTS })),
          }),
          names,
        );
        if (json) printJson(checks);
        else printChecks(checks);
        if (checks.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
      });
    });
}

/** @throws Error naming an unknown plan */
function choose(checks: readonly PlanCheck[], names: readonly string[]): readonly PlanCheck[] {
  const unknown = names.find((name) => checks.every(({ plan }) => plan !== name));
  if (unknown !== undefined) {
    throw new Error(`there is no plan ${unknown}; there are ${checks.map(({ plan }) => plan).join(', ')}`);
  }
  return names.length === 0 ? checks : checks.filter(({ plan }) => names.includes(plan));
}

function printChecks(checks: readonly PlanCheck[]): void {
  for (const { plan, problems } of checks) {
    printLine(`${plan}: ${problems.length === 0 ? 'would pass' : ''}`.trimEnd());
    for (const problem of problems) printLine(`  ${problem}`);
  }
}

/** Of the account that lacks the fewest. */
export function missingClaims(accounts: readonly Pick<Account, 'claims'>[]): readonly string[] | undefined {
  return accounts
    .map(({ claims }) => STANDARD_CLAIMS.filter((name) => !Object.hasOwn(claims, name)))
    .sort((a, b) => a.length - b.length)[0];
}
