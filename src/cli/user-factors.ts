import { type Command, Option } from 'commander';
import type { Account } from '../accounts/accounts.ts';
import { withFactors, withoutOrphanedCodes } from '../accounts/account-factors.ts';
import { ENROLMENT_PATH } from '../accounts/enrolment-permit.ts';
import { type FactorName, factorNotice } from '../accounts/factor-notice.ts';
import { createLinks, linkUrl } from '../accounts/links.ts';
import type { AccountFactors } from '../store/store.ts';
import { type CommandContext, withContext } from './context.ts';
import { formatTime, printJson, printLine, printTable } from './output.ts';
import { factorKinds, requireAccount } from './require-account.ts';

/** `signet user factors`: what an account has beside its password, its removal, and a link to enrol anew. */

const REMOVABLE = ['totp', 'passkey', 'recovery-codes', 'all'] as const;

interface FactorsOptions {
  remove?: (typeof REMOVABLE)[number];
  enrolmentLink?: true;
  json?: true;
}

/** Seconds. */
const LINK_LIFETIME = 86_400;

export function registerFactors(user: Command): void {
  user
    .command('factors <username>')
    .description(
      'Lists the second factors of an account: authenticator app, passkeys, security keys, recovery codes.\n' +
        'The person is told by mail of a removal.',
    )
    .addOption(new Option('--remove <factor>', 'remove a factor that is lost').choices(REMOVABLE))
    .option(
      '--enrolment-link',
      'print a link with which the person adds a first factor, once, within a day; give it to this person alone',
    )
    .option('--json', 'print JSON')
    .action(async (name: string, options: FactorsOptions, command: Command) => {
      await withContext(command, async (context) => {
        const account = await requireAccount(context.accounts, name);
        // A link to add a first factor is of use also where there was none to remove.
        const isNeeded = options.enrolmentLink !== true;
        if (options.remove !== undefined) await remove(context, account, options.remove, isNeeded);
        if (options.enrolmentLink) printLine(await enrolmentLink(context, account));
        if (options.remove === undefined && !options.enrolmentLink) list(account, options.json === true);
      });
    });
}

function list({ details }: Account, asJson: boolean): void {
  const rows = factorsOf(details?.factors ?? {});
  if (asJson) printJson(rows);
  else if (rows.length === 0) printLine('no second factors');
  else {
    printTable(
      ['FACTOR', 'NAME', 'ADDED', 'LAST USED'],
      rows.map(({ factor, name = '', createdAt, lastUsedAt }) => [
        factor,
        name,
        formatTime(createdAt),
        lastUsedAt === undefined ? '' : formatTime(lastUsedAt),
      ]),
    );
  }
}

interface ListedFactor {
  factor: FactorName;
  name?: string;
  createdAt: number;
  lastUsedAt?: number | undefined;
}

/** Without seeds, keys and digests. */
function factorsOf({ totp, passkeys = {}, recoveryCodes }: AccountFactors): ListedFactor[] {
  const listed: ListedFactor[] = [];
  if (totp) listed.push({ factor: 'totp', createdAt: totp.createdAt, lastUsedAt: totp.lastUsedAt });
  for (const { name, isPasskey, createdAt, lastUsedAt } of Object.values(passkeys))
    listed.push({ factor: isPasskey ? 'passkey' : 'security_key', name, createdAt, lastUsedAt });
  if (recoveryCodes) {
    const name = `${recoveryCodes.digests.length} left`;
    listed.push({ factor: 'recovery_codes', name, createdAt: recoveryCodes.createdAt });
  }
  return listed;
}

async function remove(
  { store, audit, mail }: CommandContext,
  account: Account,
  what: (typeof REMOVABLE)[number],
  isNeeded: boolean,
): Promise<void> {
  const { id } = account;
  let removed: ReadonlySet<FactorName> = new Set();
  await store.accounts.update(
    id,
    (current) => {
      const factors = current.details?.factors ?? {};
      const left = what === 'all' ? NONE : withoutOrphanedCodes({ ...factors, ...REMOVED[what] });
      const kept = new Set(factorKinds({ factors: left }));
      removed = new Set(factorKinds({ factors }).filter((factor) => !kept.has(factor)));
      return removed.size === 0 ? undefined : withFactors(current, left);
    },
    (record) => [...removed].flatMap((factor) => factorNotice(mail, 'removed', factor)(record)),
  );
  if (removed.size === 0) {
    const none = `${account.username} has no ${what === 'all' ? 'second factors' : 'such factor'}`;
    if (isNeeded) throw new Error(none);
    process.stderr.write(`${none}\n`);
    return;
  }
  for (const factor of removed) audit.record({ type: 'factor.removed', accountId: id, detail: { factor } });
  printLine(`removed from ${account.username}: ${[...removed].join(', ')}`);
}

const REMOVED = {
  totp: { totp: undefined },
  passkey: { passkeys: undefined },
  'recovery-codes': { recoveryCodes: undefined },
} as const;

const NONE: AccountFactors = { totp: undefined, passkeys: undefined, recoveryCodes: undefined };

async function enrolmentLink(
  { store, config, audit, clock }: CommandContext,
  account: Account,
): Promise<string> {
  const { id: accountId, generation } = account;
  const links = createLinks({ artifacts: store.artifacts, clock });
  const token = await links.create('enrolment', { accountId, generation }, LINK_LIFETIME);
  audit.record({ type: 'account.enrolment_link_created', accountId });
  return linkUrl(config.issuer, ENROLMENT_PATH, token);
}
