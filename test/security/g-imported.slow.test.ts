import { pbkdf2Sync } from 'node:crypto';
import { recordImportedHashes } from '../../src/accounts/imported-hashes.ts';
import { accountNamed } from '../store/account-records.ts';
import { LONG } from '../support/long-form.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { figure } from '../support/reporter.ts';
import { shuffled, tellingApart } from './support/response-times.ts';
import { row } from './support/row.ts';
import { FROM_PROXY, SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

const ROUNDS = LONG ? 500 : 4;
/** About the work of the server's own hashes. */
const ITERATIONS = 20_000;
const PASSWORD = 'wonderland-tea-party';

describe('G: accounts with a password hash of another system', () => {
  const stage = useStage({
    ...FROM_PROXY,
    limits: { authorizationRequests: 100_000, signInForms: 100_000 },
    loginProtection: { allAccounts: 100_000, oneNetwork: 100_000, allNetworks: 100_000 },
    passwords: QUICK_PASSWORDS,
  });

  async function importPeople(prefix: string, count: number): Promise<string[]> {
    const salt = Buffer.from('0123456789abcdef');
    const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
    const hash = pbkdf2Sync(PASSWORD, salt, ITERATIONS, 32, 'sha256');
    const passwordHash = `$pbkdf2-sha256$i=${ITERATIONS}$${text(salt)}$${text(hash)}`;
    await recordImportedHashes(stage.store.artifacts, [passwordHash], Date.now);
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    for (const name of names) await stage.store.accounts.create({ ...accountNamed(name), passwordHash });
    return names;
  }

  row('G54', 'the first sign-in', '303, then a hash of argon2id', async () => {
    const [name = ''] = await importPeople('g54-first', 1);
    const page = await SignInPage.open(stage, '203.0.113.4');
    const { status } = await page.submit(PASSWORD, name);
    const hash = (await stage.store.accounts.find(name))?.passwordHash ?? '';
    const next = (await page.submit(PASSWORD, name)).status;
    return `${status}, then a hash of ${hash.split('$')[1]}${next === 303 ? '' : next}`;
  });

  row(
    'G55',
    'response times for imported, own and unknown accounts',
    'measured: own <n>, unknown <n>',
    async () => {
      const imported = await importPeople('g55-imported', 20);
      const { accounts } = stage.operator;
      await accounts.add({ username: 'g55-own', password: PASSWORD });
      const kinds = {
        imported: (index: number) => imported[index % imported.length] ?? '',
        own: () => 'g55-own',
        unknown: (index: number) => `h55-${index % imported.length}`,
      };
      const times: Record<keyof typeof kinds, number[]> = { imported: [], own: [], unknown: [] };
      const page = await SignInPage.open(stage, '203.0.113.5');
      await page.submit('wrong password', 'h55');
      for (let index = 0; index < ROUNDS; index += 1) {
        for (const kind of shuffled(Object.keys(kinds) as (keyof typeof kinds)[])) {
          const started = performance.now();
          await page.submit('wrong password', kinds[kind](index));
          times[kind].push(performance.now() - started);
        }
      }
      const seen = (['own', 'unknown'] as const).map(
        (kind) => `${kind} ${tellingApart(times.imported, times[kind]).toFixed(3)}`,
      );
      figure(`G55, ${ROUNDS} each: told from imported accounts by time (AUC): ${seen.join(', ')}`);
      return `measured: ${seen.join(', ')}`;
    },
  ).timeout(900_000);
});
