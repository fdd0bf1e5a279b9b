import assert from 'node:assert/strict';
import type { Authentication, SignIn } from '../../src/accounts/authentication.ts';
import { createLoginProtection } from '../../src/accounts/login-protection.ts';
import { createPasswords, type Passwords } from '../../src/accounts/passwords.ts';
import { type AccountsFixture, LIMITS, NETWORK, openAccounts, PASSWORD, SETTINGS } from './fixture.ts';

const CONCURRENCY = 2;
/** As by default, but for what would take hundreds of hashes. */
const limits = { ...LIMITS, allAccounts: 40 };
const OTHER_NETWORK = '198.51.100.1';

describe('Guessing of passwords', () => {
  let fixture: AccountsFixture;
  let authentication: Authentication;
  /** Passwords that were compared with the hash of an account. */
  let compared: number;
  /** Hashes that were computed. */
  let hashed: number;

  beforeEach(async () => {
    fixture = await openAccounts();
    const passwords = createPasswords({ ...SETTINGS, concurrency: CONCURRENCY });
    compared = 0;
    hashed = 0;
    const counted: Passwords = {
      ...passwords,
      async verify(hash, password, guard) {
        hashed += 1;
        return await passwords.verify(hash, password, {
          failed: async () => await guard?.failed(),
          async admit() {
            const admitted = (await guard?.admit()) ?? true;
            if (admitted) compared += 1;
            return admitted;
          },
        });
      },
    };
    authentication = fixture.openAuthentication(counted, limits);
    await fixture.addAlice();
  });
  afterEach(() => fixture.close());

  async function signIn(
    password: string,
    {
      username = 'alice',
      network = NETWORK,
      device,
    }: { username?: string; network?: string; device?: string } = {},
  ): Promise<SignIn> {
    return await authentication.signIn({ username, password, network, device });
  }

  async function guess(times: number, options: Parameters<typeof signIn>[1] = {}): Promise<SignIn[]> {
    const answers: SignIn[] = [];
    for (let index = 0; index < times; index += 1) answers.push(await signIn(`wrong ${index}`, options));
    return answers;
  }

  const outcome = async (answer: Promise<SignIn>) => (await answer).outcome;
  const network = (index: number) => `203.0.113.${index}`;

  async function knownDevice(): Promise<string> {
    const answer = await signIn(PASSWORD);
    assert.ok(answer.outcome === 'succeeded');
    return answer.device;
  }

  it('locks an account for the network that it comes from, and says so once', async () => {
    const locked = (await guess(12)).map((answer) => answer.outcome === 'refused' && answer.locked?.what);
    assert.deepEqual(
      locked.map((what) => what || undefined),
      [...Array.from({ length: 9 }, () => undefined), 'one network', undefined, undefined],
    );
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'succeeded');
  });

  it('is told apart for the audit trail: unknown, wrong, locked, disabled', async () => {
    const refusal = async (answer: Promise<SignIn>) => {
      const { reason, accountId } = (await answer) as Extract<SignIn, { outcome: 'refused' }>;
      return accountId === undefined ? { reason } : { accountId, reason };
    };
    const ids: Record<string, string> = {};
    for (const username of ['barred', 'bare']) {
      ids[username] = (
        await fixture.accounts.add({ username, ...(username === 'barred' && { password: PASSWORD }) })
      ).id;
    }
    await fixture.accounts.disable(ids.barred as string);
    const alice = (await fixture.accounts.findByUsername('alice'))?.id;
    assert.deepEqual(await refusal(signIn(PASSWORD, { username: 'nobody' })), { reason: 'unknown' });
    assert.deepEqual(await refusal(signIn('wrong')), { accountId: alice, reason: 'wrong_password' });
    assert.deepEqual(await refusal(signIn('wrong', { username: 'bare' })), {
      accountId: ids.bare,
      reason: 'wrong_password',
    });
    assert.deepEqual(await refusal(signIn(PASSWORD, { username: 'barred' })), {
      accountId: ids.barred,
      reason: 'disabled',
    });
    await guess(9);
    assert.deepEqual(await refusal(signIn(PASSWORD)), { accountId: alice, reason: 'locked' });
    await guess(10, { username: 'nobody', network: OTHER_NETWORK });
    assert.deepEqual(await refusal(signIn(PASSWORD, { username: 'nobody', network: OTHER_NETWORK })), {
      reason: 'unknown',
    });
    assert.deepEqual(await refusal(signIn('x'.repeat(5000))), { reason: 'wrong_password' });
  });

  it('is refused after the same work as before', async () => {
    await guess(11);
    assert.equal(hashed, 11);
    assert.equal(compared, 10);
  });

  it('unlocks by time, which attempts do not prolong', async () => {
    await guess(10);
    for (let minutes = 0; minutes < 15; minutes += 1) {
      assert.equal(await outcome(signIn(PASSWORD)), 'refused');
      fixture.now += 60;
    }
    assert.equal(await outcome(signIn(PASSWORD)), 'succeeded');
  });

  it('counts all spellings of a username as one', async () => {
    for (const username of ['Alice', 'ALICE', ' alice', '\uFF41lice', 'alicE']) await guess(2, { username });
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
  });

  it('from many networks locks the account for new devices', async () => {
    for (let index = 0; index < 30; index += 1) await guess(1, { network: network(index) });
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'refused');
    fixture.now += LIMITS.lock;
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'succeeded');
  });

  it('does not lock out a known device, which has counts of its own', async () => {
    const device = await knownDevice();
    for (let index = 0; index < 30; index += 1) await guess(1, { network: network(index) });
    await guess(10);
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'succeeded');
    await guess(10, { device });
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { device, network: OTHER_NETWORK })), 'refused');
  });

  it('takes no device for known that is made up, of another account, or from before a new password', async () => {
    const device = await knownDevice();
    await fixture.accounts.add({ username: 'bob', password: PASSWORD });
    await guess(10, { username: 'bob' });
    assert.equal(await outcome(signIn(PASSWORD, { username: 'bob', device })), 'refused');
    await guess(10);
    assert.equal(await outcome(signIn(PASSWORD, { device: 'A'.repeat(43) })), 'refused');
    const [alice] = await fixture.accounts.list({ limit: 1 });
    await fixture.accounts.setPassword(alice?.id ?? '', PASSWORD);
    await guess(10);
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'refused');
  });

  it('is over after a hundred failures in a row, until a known device or an operator ends it (NIST SP 800-63B-4 §3.2.2)', async () => {
    const device = await knownDevice();
    compared = 0;
    for (let index = 0; index < 150; index += 1) {
      await guess(1, { network: network(index % 250) });
      if (index % 20 === 19) fixture.now += LIMITS.lock;
    }
    assert.equal(compared, 100);
    fixture.now += 30 * 86_400;
    const elsewhere = { network: OTHER_NETWORK };
    assert.equal(await outcome(signIn(PASSWORD, elsewhere)), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'succeeded');
    assert.equal(await outcome(signIn(PASSWORD, elsewhere)), 'succeeded');
  });

  it('is forgotten when an operator unlocks the account', async () => {
    await guess(10);
    const [alice] = await fixture.accounts.list({ limit: 1 });
    const { counters } = fixture.store;
    const clock = () => fixture.now * 1000;
    await createLoginProtection({ counters, limits: LIMITS, clock }).unlock(alice?.id ?? '');
    assert.equal(await outcome(signIn(PASSWORD)), 'succeeded');
  });

  it('of one password for everybody stops the network, but not its known devices', async () => {
    const device = await knownDevice();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => signIn('password123456', { username: `person-${index}` })),
    );
    assert.ok(answers.every((answer) => answer.outcome === 'refused'));
    assert.ok(compared <= limits.allAccounts + CONCURRENCY + 1, `${compared} were compared`);
    const answer = await signIn(PASSWORD);
    assert.deepEqual(answer, { outcome: 'limited', retryAfter: LIMITS.lock });
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'succeeded');
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'succeeded');
    fixture.now += LIMITS.lock;
    assert.equal(await outcome(signIn(PASSWORD)), 'succeeded');
  });

  it('is not made up for by signing in with an account of one’s own', async () => {
    await fixture.accounts.add({ username: 'mallory', password: PASSWORD });
    for (let index = 0; index < 5; index += 1) {
      await guess(2);
      assert.equal(await outcome(signIn(PASSWORD, { username: 'mallory' })), 'succeeded');
    }
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
  });

  it('at once is looked at no more often than one after the other', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, index) => signIn(`wrong ${index}`)));
    assert.ok(compared < LIMITS.oneNetwork + CONCURRENCY, `${compared} were compared`);
    assert.equal(hashed, 100);
    assert.equal(await outcome(signIn(PASSWORD)), 'limited');
  });

  it('is not what many right passwords at once are', async () => {
    await guess(9);
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(PASSWORD)));
    assert.ok(answers.every((answer) => answer.outcome === 'succeeded'));
  });
});
