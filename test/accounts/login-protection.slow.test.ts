import assert from 'node:assert/strict';
import type { Authentication, SignIn } from '../../src/accounts/authentication.ts';
import { createLoginProtection } from '../../src/accounts/login-protection.ts';
import { createPasswords, type Passwords } from '../../src/accounts/credentials/password.ts';
import { type AccountsFixture, LIMITS, NETWORK, openAccounts, PASSWORD, SETTINGS } from './fixture.ts';

const CONCURRENCY = 2;
/** The defaults, except where a test would take hundreds of hashes. */
const limits = { ...LIMITS, allAccounts: 40 };
const OTHER_NETWORK = '198.51.100.1';

describe('Login protection', () => {
  let fixture: AccountsFixture;
  let authentication: Authentication;
  /** Passwords compared with the hash of an account. */
  let compared: number;
  /** Hashes computed. */
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

  async function knownDevice(options: Parameters<typeof signIn>[1] = {}): Promise<string> {
    const answer = await signIn(PASSWORD, options);
    assert.ok(answer.outcome === 'succeeded');
    return await fixture.devices.remember(options.device, answer.account);
  }

  /** Whether alice can sign in with this device while her account is locked for new devices. */
  async function isKnownToAlice(device: string): Promise<boolean> {
    await guess(10);
    return (await outcome(signIn(PASSWORD, { device }))) === 'succeeded';
  }

  it('locks the account for the network of the failures, and reports the lock once', async () => {
    const locked = (await guess(12)).map((answer) => answer.outcome === 'refused' && answer.locked?.what);
    assert.deepEqual(
      locked.map((what) => what || undefined),
      [...Array.from({ length: 9 }, () => undefined), 'one network', undefined, undefined],
    );
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'succeeded');
  });

  it('reports the reason of a failure: unknown, wrong password, locked, disabled', async () => {
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

  it('does the same work when the account is locked', async () => {
    await guess(11);
    assert.equal(hashed, 11);
    assert.equal(compared, 10);
  });

  it('ends a lock after its time, which further attempts do not prolong', async () => {
    await guess(10);
    for (let minutes = 0; minutes < 15; minutes += 1) {
      assert.equal(await outcome(signIn(PASSWORD)), 'refused');
      fixture.now += 60;
    }
    assert.equal(await outcome(signIn(PASSWORD)), 'succeeded');
  });

  it('counts all spellings of a username together', async () => {
    for (const username of ['Alice', 'ALICE', ' alice', '\uFF41lice', 'alicE']) await guess(2, { username });
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
  });

  it('locks the account for new devices after failures from many networks', async () => {
    for (let index = 0; index < 30; index += 1) await guess(1, { network: network(index) });
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'refused');
    fixture.now += LIMITS.lock;
    assert.equal(await outcome(signIn(PASSWORD, { network: OTHER_NETWORK })), 'succeeded');
  });

  it('does not lock a known device, which has counters of its own', async () => {
    const device = await knownDevice();
    for (let index = 0; index < 30; index += 1) await guess(1, { network: network(index) });
    await guess(10);
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'succeeded');
    await guess(10, { device });
    assert.equal(await outcome(signIn(PASSWORD, { device })), 'refused');
    assert.equal(await outcome(signIn(PASSWORD, { device, network: OTHER_NETWORK })), 'refused');
  });

  it('rejects a device token that is made up, of another account, or older than the password', async () => {
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

  it('keeps the device token while the same account signs in', async () => {
    const device = await knownDevice();
    assert.equal(await knownDevice({ device }), device);
    fixture.now += 30 * 86_400;
    assert.equal(await knownDevice({ device }), device);
  });

  it('replaces the device token when another account signs in, and deletes the old one', async () => {
    const alices = await knownDevice();
    await fixture.accounts.add({ username: 'bob', password: PASSWORD });
    const bobs = await knownDevice({ username: 'bob', device: alices });
    assert.notEqual(bobs, alices);
    await guess(10, { username: 'bob' });
    assert.equal(await outcome(signIn(PASSWORD, { username: 'bob', device: alices })), 'refused');
    assert.equal(await isKnownToAlice(alices), false);
    assert.equal(await outcome(signIn(PASSWORD, { username: 'bob', device: bobs })), 'succeeded');
    fixture.now += LIMITS.lock;
    const again = await knownDevice({ device: bobs });
    assert.ok(again !== bobs && again !== alices);
    assert.equal(await isKnownToAlice(again), true);
  });

  it('rejects a device token that was planted in the browser (CWE-384)', async () => {
    await fixture.accounts.add({ username: 'mallory', password: PASSWORD });
    for (const planted of ['A'.repeat(43), await knownDevice({ username: 'mallory' })]) {
      assert.notEqual(await knownDevice({ device: planted }), planted);
      assert.equal(await isKnownToAlice(planted), false);
      fixture.now += LIMITS.lock;
    }
  });

  it('replaces the device token after a password change, so that a stolen token stays invalid', async () => {
    const stolen = await knownDevice();
    const [alice] = await fixture.accounts.list({ limit: 1 });
    await fixture.accounts.setPassword(alice?.id ?? '', PASSWORD);
    assert.notEqual(await knownDevice({ device: stolen }), stolen);
    assert.equal(await isKnownToAlice(stolen), false);
  });

  it('locks new devices after a hundred consecutive failures, until a sign-in on a known device (NIST SP 800-63B-4 §3.2.2)', async () => {
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

  it('resets the counters when an operator unlocks the account', async () => {
    await guess(10);
    const [alice] = await fixture.accounts.list({ limit: 1 });
    const { counters } = fixture.store;
    const clock = () => fixture.now * 1000;
    await createLoginProtection({ counters, limits: LIMITS, clock }).unlock(alice?.id ?? '');
    assert.equal(await outcome(signIn(PASSWORD)), 'succeeded');
  });

  it('blocks a network that tries one password on many accounts, except for its known devices', async () => {
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

  it('does not reset the counters of an account when another account signs in', async () => {
    await fixture.accounts.add({ username: 'mallory', password: PASSWORD });
    for (let index = 0; index < 5; index += 1) {
      await guess(2);
      assert.equal(await outcome(signIn(PASSWORD, { username: 'mallory' })), 'succeeded');
    }
    assert.equal(await outcome(signIn(PASSWORD)), 'refused');
  });

  it('compares no more concurrent attempts than sequential ones', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, index) => signIn(`wrong ${index}`)));
    assert.ok(compared < LIMITS.oneNetwork + CONCURRENCY, `${compared} were compared`);
    assert.equal(hashed, 100);
    assert.equal(await outcome(signIn(PASSWORD)), 'limited');
  });

  it('accepts many concurrent attempts with the right password', async () => {
    await guess(9);
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(PASSWORD)));
    assert.ok(answers.every((answer) => answer.outcome === 'succeeded'));
  });
});
