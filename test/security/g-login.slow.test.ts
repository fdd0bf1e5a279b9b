import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { burst } from '../support/burst.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { row } from './support/row.ts';
import { shuffled, tellingApart } from './support/response-times.ts';
import { FROM_PROXY, SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

/** Concurrent hashes: two in each process (`QUICK_PASSWORDS`). */
const hashesAtOnce = (storage: string) => (storage === 'redis' ? 8 : 2);

describe('G: concurrent guessing of passwords', () => {
  const limits = { limits: { authorizationRequests: 100_000, signInForms: 100_000 } };
  const stage = useStage({
    ...FROM_PROXY,
    ...limits,
    loginProtection: { allAccounts: 100_000 },
    // Times are compared in the long form: hashing costs there what it does in production.
    ...(LONG && { passwords: QUICK_PASSWORDS }),
  });

  const addPerson = (username: string) =>
    stage.operator.accounts.add({ username, password: DEMO_ACCOUNT.password });

  row('G09', '100 concurrent wrong passwords, then the right one', 'refused, <n> were compared', async () => {
    const { id } = await addPerson('g09');
    const [ip, username] = ['203.0.113.1', 'g09'];
    const page = await SignInPage.open(stage, ip);
    const answers = await burst([stage.server.port], page.asRequest('wrong password', username), 100);
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [400]);
    const [compared] = await stage.store.counters.read([`${id} 0 0 from ${ip}`]);
    const count = compared?.count ?? 0;
    assert.ok(count >= 10 && count < 10 + hashesAtOnce(stage.storage), `${count} were compared`);
    assert.equal((await page.submit(DEMO_ACCOUNT.password, username)).status, 400);
    return `refused, ${count} were compared`;
  });

  row('G09', '20 concurrent right passwords', '20 signed in', async () => {
    await addPerson('g09-right');
    const pages = await Promise.all(Array.from({ length: 20 }, () => SignInPage.open(stage, '203.0.113.2')));
    const answers = await Promise.all(pages.map((page) => page.submit(DEMO_ACCOUNT.password, 'g09-right')));
    return `${answers.filter(({ status }) => status === 303).length} signed in`;
  });

  row(
    'G07',
    'response times for known, unknown and locked accounts',
    'measured: unknown <n>, locked <n>',
    async () => {
      const rounds = LONG ? 500 : 4;
      const names = Array.from({ length: Math.ceil(rounds / 10) }, (_, index) => `g07-${index}`);
      for (const name of [...names, 'g07-locked']) await addPerson(name);
      const page = await SignInPage.open(stage, '198.51.100.1');
      await page.guess(10, 'g07-locked');
      const from = (index: number) => `2001:db8:${index.toString(16)}::1`;
      const kinds = {
        known: (index: number) => [names[index % names.length] ?? '', from(index)] as const,
        unknown: (index: number) => [`h07-${index % names.length}`, from(index)] as const,
        locked: () => ['g07-locked', '198.51.100.1'] as const,
      };
      const times: Record<keyof typeof kinds, number[]> = { known: [], unknown: [], locked: [] };
      for (let index = 0; index < rounds; index += 1) {
        for (const kind of shuffled(Object.keys(kinds) as (keyof typeof kinds)[])) {
          const [username, ip] = kinds[kind](index);
          page.agent.headers['X-Forwarded-For'] = ip;
          const started = performance.now();
          await page.submit('wrong password', username);
          times[kind].push(performance.now() - started);
        }
      }
      const seen = (['unknown', 'locked'] as const).map(
        (kind) => `${kind} ${tellingApart(times.known, times[kind]).toFixed(3)}`,
      );
      figure(`G07, ${rounds} each: told from known accounts by time (AUC): ${seen.join(', ')}`);
      return `measured: ${seen.join(', ')}`;
    },
  ).timeout(300_000);
});
