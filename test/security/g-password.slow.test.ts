import assert from 'node:assert/strict';
import { hash as argon2 } from 'argon2';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { row } from './support/row.ts';
import { SignInPage } from './support/sign-in.ts';
import { useStage } from './support/stage.ts';

const LONG = `correct horse battery staple ${'x'.repeat(100)}`;

describe('G: storage of passwords', () => {
  // With the costs of the configuration, which in-process servers of tests do not have.
  const stage = useStage({ passwords: {} });

  const accountOf = async (username: string) => {
    const account = await stage.store.accounts.findByUsername(username);
    assert.ok(account !== undefined);
    return account;
  };

  /** The parts of an argon2 hash in PHC string format. */
  async function hashOf(
    username: string,
  ): Promise<{ costs: Record<string, number>; salt: Buffer; hash: string }> {
    const { passwordHash: hash = '' } = await accountOf(username);
    const [, name, version, costs = '', salt = ''] = hash.split('$');
    assert.deepEqual([name, version], ['argon2id', 'v=19']);
    const pairs = costs.split(',').map((cost) => cost.split('='));
    const numbers = Object.fromEntries(pairs.map(([key, value]) => [key, Number(value)])) as Record<
      string,
      number
    >;
    return { costs: numbers, salt: Buffer.from(salt, 'base64'), hash };
  }

  row('G16', 'the hash of a password', 'argon2id, m ≥ 19456, t ≥ 2, p ≥ 1, 16 bytes of salt', async () => {
    const { costs, salt } = await hashOf(DEMO_ACCOUNT.username);
    assert.ok((costs.m ?? 0) >= 19_456 && (costs.t ?? 0) >= 2 && (costs.p ?? 0) >= 1, JSON.stringify(costs));
    assert.ok(salt.length >= 16);
    return 'argon2id, m ≥ 19456, t ≥ 2, p ≥ 1, 16 bytes of salt';
  });

  row('G16', 'the same password twice', 'two salts, two hashes', async () => {
    await stage.operator.accounts.add({ username: 'twin', password: DEMO_ACCOUNT.password, claims: {} });
    const [one, other] = [await hashOf(DEMO_ACCOUNT.username), await hashOf('twin')];
    assert.notDeepEqual(one.salt, other.salt);
    assert.notEqual(one.hash, other.hash);
    return 'two salts, two hashes';
  });

  row('G16', 'a hash of lower cost', 'hashed again at sign-in', async () => {
    const { id } = await accountOf('twin');
    const cheap = await argon2(DEMO_ACCOUNT.password, { memoryCost: 4096, timeCost: 1, parallelism: 1 });
    await stage.store.accounts.update(id, () => ({ passwordHash: cheap }));
    const page = await SignInPage.open(stage, '127.0.0.1');
    assert.equal((await page.submit('a wrong password', 'twin')).status, 400);
    assert.equal((await hashOf('twin')).hash, cheap, 'after a wrong password');
    assert.equal((await page.submit(DEMO_ACCOUNT.password, 'twin')).status, 303);
    const { costs } = await hashOf('twin');
    assert.ok((costs.m ?? 0) >= 19_456 && (costs.t ?? 0) >= 2, JSON.stringify(costs));
    return 'hashed again at sign-in';
  });

  // Other hash functions truncate after 72 bytes, and at NUL.
  for (const [what, wrong] of [
    ['differs after 72 bytes', LONG.replace(/x$/, 'y')],
    ['ends at 72 bytes', LONG.slice(0, 72)],
    ['goes on after NUL', `${LONG}\0x`],
    ['has capitals', LONG.toUpperCase()],
    ['has a space more', `${LONG} `],
  ] as const) {
    row('G16', `a password that ${what}`, '400', async () => {
      if ((await stage.store.accounts.findByUsername('long')) === undefined) {
        await stage.operator.accounts.add({ username: 'long', password: LONG, claims: {} });
      }
      const page = await SignInPage.open(stage, '127.0.0.1');
      const { status } = await page.submit(wrong, 'long');
      assert.equal((await page.submit(LONG, 'long')).status, 303, 'the right one');
      return String(status);
    });
  }
});
