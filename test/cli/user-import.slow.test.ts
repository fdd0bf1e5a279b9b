import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { DJANGO_HASHES, KEYCLOAK_OTP } from '../accounts/foreign-hashes.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { Workplace } from './run-signet.ts';

const PEOPLE = LONG ? 10_000 : 100;
const HEADER = 'username,email,email_verified,name,groups,password_hash';

/** The tests share one store and run in order. */
function describeImport(
  name: string,
  start: (context: Mocha.Context) => Promise<Record<string, string>>,
): void {
  describe(`signet user import and export on ${name}`, function () {
    this.timeout(120_000);
    let workplace: Workplace;
    let env: Record<string, string>;
    before(async function () {
      env = await start(this);
      workplace = new Workplace({ ownProcess: false });
    });
    after(() => workplace?.remove());

    const path = (file: string) => join(workplace.directory, file);
    const run = (...args: string[]) => workplace.run(['user', ...args], { env });
    const people = (prefix: string, count: number) =>
      Array.from(
        { length: count },
        (_, index) =>
          `${prefix}${index},${prefix}${index}@example.com,true,"Person, ${index}",staff;tea,${DJANGO_HASHES.pbkdf2}`,
      );
    const usernames = async () =>
      (JSON.parse((await run('list', '--json')).stdout) as { username: string }[]).map(
        ({ username }) => username,
      );

    it('writes nothing when anything is refused, and says where and why', async () => {
      writeFileSync(
        path('wrong.csv'),
        [
          HEADER,
          'ann,ann@example.com,true,Ann,,',
          'bob,,,,,unknown-hash',
          'ann,,,,,',
          'eve,no address,,,,',
          'm@x,m@y,,,,',
        ].join('\n'),
      );
      const { code, stdout, stderr } = await run('import', path('wrong.csv'));
      assert.equal(code, 1);
      assert.deepEqual(
        stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | ')),
        [
          'WHERE | USERNAME | REASON',
          'line 3 | bob | the account has a password hash of an unknown format',
          'line 4 | ann | the username ann is in line 2, too',
          'line 5 | eve | email: must be an email address',
          'line 6 | m@x | the username m@x looks like an email address and is not that of the account (--email): set the same address, or choose a username without @',
          'added 0 accounts',
          '',
        ],
      );
      assert.match(stderr, /4 of 5 accounts were refused, so nothing was written/);
      assert.deepEqual(await usernames(), []);
    });

    it('adds those that are not refused, with --partial', async () => {
      const { code, stdout } = await run('import', path('wrong.csv'), '--partial', '--json');
      const { refusals, ...report } = JSON.parse(stdout) as { refusals: unknown[] };
      const counts = { present: 0, skipped: 0, authenticatorApps: 0, factorsLeftOut: 0, notPeople: 0 };
      assert.deepEqual(
        [code, report, refusals.length],
        [1, { accounts: 5, added: 1, refused: 4, ...counts }, 4],
      );
      assert.deepEqual(await usernames(), ['ann']);
      await run('remove', 'ann');
    });

    it('reads several files, and counts what comes along and what does not', async () => {
      const key = { type: 'webauthn', secretData: '{}', credentialData: '{}' };
      const first = [
        { username: 'kim', credentials: [KEYCLOAK_OTP, key] },
        { username: 'service-account-shop', serviceAccountClientId: 'shop' },
      ];
      writeFileSync(path('x-users-0.json'), JSON.stringify({ realm: 'x', users: first }));
      writeFileSync(
        path('x-users-1.json'),
        JSON.stringify({ users: [{ username: 'lee', credentials: [key] }] }),
      );
      const files = [path('x-users-0.json'), path('x-users-1.json')];
      const { stdout } = await run('import', ...files, '--dry-run');
      assert.match(
        stdout,
        /^x-users-1\.json user 1 +lee +its second factor cannot be imported \(security key\); --drop-/m,
      );
      assert.equal(
        (await run('import', ...files, '--drop-factors')).stdout,
        [
          'added 2 accounts',
          '1 of them with an authenticator app',
          '2 of them without second factors that cannot be imported',
          '1 left out: service accounts of clients, groups or permissions',
          '',
        ].join('\n'),
      );
      assert.match((await run('factors', 'kim')).stdout, /^totp /m);
      for (const name of ['kim', 'lee']) await run('remove', name);
    });

    it(`adds ${PEOPLE} accounts`, async () => {
      writeFileSync(path('people.csv'), [HEADER, ...people('p', PEOPLE)].join('\n'));
      const begin = performance.now();
      const { code, stdout, stderr } = await run('import', path('people.csv'));
      figure(
        `${PEOPLE} accounts imported on ${name} in ${((performance.now() - begin) / 1000).toFixed(1)} s`,
      );
      assert.deepEqual([code, stdout, stderr], [0, `added ${PEOPLE} accounts\n`, '']);
      const { claims, hasPassword } = JSON.parse((await run('show', 'p7', '--json')).stdout) as Record<
        string,
        unknown
      >;
      assert.deepEqual(
        [claims, hasPassword],
        [
          { email: 'p7@example.com', email_verified: true, name: 'Person, 7', groups: ['staff', 'tea'] },
          true,
        ],
      );
    });

    it('recognises what is there, so that an interrupted import is repeated', async () => {
      const more = [HEADER, ...people('p', PEOPLE), ...people('q', 10)];
      writeFileSync(path('more.csv'), more.join('\n'));
      const { code, stdout } = await run('import', path('more.csv'));
      const there = `${PEOPLE} were there already, with the same content\n`;
      assert.deepEqual([code, stdout], [0, `added 10 accounts\n${there}`]);
    });

    it('refuses usernames that exist with another content, or skips them', async () => {
      await run('set-claims', 'p5', '--name', 'Another');
      const refused = await run('import', path('people.csv'));
      assert.match(refused.stdout, /line 7 +p5 +there is an account with this username/);
      const { code, stdout } = await run('import', path('people.csv'), '--skip-existing');
      const there = `${PEOPLE - 1} were there already, with the same content\n`;
      assert.deepEqual(
        [code, stdout],
        [0, `added 0 accounts\n${there}1 were skipped: their usernames exist\n`],
      );
    });

    it('refuses a username that another account had until recently', async () => {
      await run('remove', 'q3');
      const { code, stdout } = await run('import', path('more.csv'), '--skip-existing');
      assert.equal(code, 1);
      assert.match(stdout, /q3 +the username q3 is reserved/);
    });

    it('checks only, with --dry-run', async () => {
      writeFileSync(path('one.csv'), `${HEADER}\nzoe,,,,,`);
      const { code, stdout } = await run('import', path('one.csv'), '--dry-run');
      assert.deepEqual([code, stdout], [0, 'can add 1 account\n']);
      assert.match((await run('show', 'zoe')).stderr, /there is no account zoe/);
    });

    it('exports accounts so that they can be imported, with ids and hashes', async () => {
      assert.equal(
        (await run('export', path('all.jsonl'))).stdout,
        `wrote ${PEOPLE + 9} accounts to ${path('all.jsonl')}\n`,
      );
      assert.equal(statSync(path('all.jsonl')).mode & 0o777, 0o600);
      assert.ok(!readFileSync(path('all.jsonl'), 'utf8').includes('pbkdf2'));
      assert.match((await run('export', path('all.jsonl'))).stderr, /exists already/);
      await run('export', path('hashes.jsonl'), '--with-password-hashes');
      const [line = ''] = readFileSync(path('hashes.jsonl'), 'utf8').split('\n');
      const { id, username, password_hash: hash } = JSON.parse(line) as Record<string, string>;
      assert.match(hash ?? '', /^\$pbkdf2-sha256\$i=1000\$/);
      await run('remove', username ?? '');
      assert.equal((await run('import', path('hashes.jsonl'))).code, 0);
      assert.equal(
        (JSON.parse((await run('show', username ?? '', '--json')).stdout) as { id: string }).id,
        id,
      );
    });

    it('names second factors in an export, and refuses an account that would have a password alone', async () => {
      writeFileSync(
        path('kc.json'),
        JSON.stringify({ users: [{ username: 'ola', credentials: [KEYCLOAK_OTP] }] }),
      );
      await run('import', path('kc.json'));
      await run('export', path('factors.jsonl'));
      const lines = readFileSync(path('factors.jsonl'), 'utf8').split('\n');
      writeFileSync(path('ola.jsonl'), lines.find((line) => line.includes('"ola"')) ?? '');
      await run('remove', 'ola');
      const { code, stdout } = await run('import', path('ola.jsonl'));
      assert.equal(code, 1);
      assert.match(stdout, /^line 1 +ola +its second factor cannot be imported \(totp\); --drop-factors/m);
      const dropped = await run('import', path('ola.jsonl'), '--drop-factors', '--json');
      const { added, factorsLeftOut } = JSON.parse(dropped.stdout) as Record<string, number>;
      assert.deepEqual([added, factorsLeftOut], [1, 1]);
    });
  });
}

describeImport('SQLite', () => Promise.resolve({}));

describe('with Redis', () => {
  let server: RedisServer | undefined;
  after(() => server?.stop());
  describeImport('Redis', async (context) => {
    await needRedis(context);
    server = await startRedis();
    const address = `redis://127.0.0.1:${server.port}`;
    const store = await openStore(address, { clock: Date.now });
    await store.identify();
    await store.close();
    return { SIGNET_STORE: address };
  });
});
