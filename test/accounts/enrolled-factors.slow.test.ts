import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { HOTP, Secret } from 'otpauth';
import { createEnrolledFactors, type EnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import { resealSeeds } from '../../src/accounts/resealed-seeds.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { accountNamed } from '../store/account-records.ts';
import { TestClock } from '../store/store-test.ts';

const PERIOD = 30;
const newKey = () => randomBytes(32).toString('base64');

describe('An authenticator app and recovery codes', () => {
  const clock = new TestClock();
  const [firstKey, secondKey] = [newKey(), newKey()];
  const sealerWith = (masterKey: string) => createSealer({ keys: 'store', masterKey });
  let store: Store;
  let factors: EnrolledFactors;
  let number = 0;

  before(async () => {
    store = await openStore('sqlite::memory:', { clock: clock.milliseconds });
    const sealer = sealerWith(firstKey);
    factors = createEnrolledFactors({ accounts: store.accounts, sealer, clock: clock.milliseconds });
  });
  after(() => store.close());

  async function addAccount() {
    number += 1;
    const account = accountNamed(`person-${number}`);
    await store.accounts.create(account);
    return account;
  }

  /** @param drift steps by which the device's clock is ahead */
  const codeOf = (secret: string, drift = 0) =>
    HOTP.generate({
      secret: Secret.fromBase32(secret.replaceAll(' ', '')),
      counter: Math.floor(clock.now / PERIOD) + drift,
    });

  async function enrol(drift = 0) {
    const account = await addAccount();
    const { ticket, secret } = await factors.beginTotp(account, 'Example');
    const confirmed = await factors.confirmTotp(account.id, ticket, codeOf(secret, drift));
    const expected = { outcome: 'enrolled', replaced: false, drift, isFirst: true };
    assert.deepEqual({ ...confirmed, account: undefined }, { ...expected, account: undefined });
    clock.advance(PERIOD);
    return { ...account, secret };
  }
  const driftOf = async (use: ReturnType<EnrolledFactors['verifyTotp']>) => (await use)?.drift;
  const leftOf = async (use: ReturnType<EnrolledFactors['useRecoveryCode']>) => (await use)?.left;
  const totpOf = async (id: string) => (await store.accounts.find(id))?.details?.factors?.totp;

  it('begin with a seed of 160 bits, as text, address and picture, and nothing in the store', async () => {
    const account = await addAccount();
    const { secret, uri, qr } = await factors.beginTotp({ ...account, username: 'a:b' }, 'Example: Inc');
    const bare = secret.replaceAll(' ', '');
    assert.equal(Secret.fromBase32(bare).bytes.length, 20);
    assert.equal(
      uri,
      `otpauth://totp/Example%20%20Inc:a%20b?issuer=Example%20%20Inc&secret=${bare}&algorithm=SHA1&digits=6&period=30`,
    );
    assert.match(qr, /^<svg [^>]*><rect fill="white"[^>]*\/><path fill="black" d="[\dMhvz,-]+"\/><\/svg>$/);
    assert.equal((await store.accounts.find(account.id))?.details, undefined);
  });

  it('are stored after a first code, with the seed sealed for the account', async () => {
    const { id, secret } = await enrol();
    const text = JSON.stringify(await store.accounts.find(id));
    const seed = Buffer.from(Secret.fromBase32(secret.replaceAll(' ', '')).bytes);
    for (const form of [secret, seed.toString('hex'), seed.toString('base64url')])
      assert.ok(!text.includes(form));
    assert.deepEqual(sealerWith(firstKey).open('totp', id, (await totpOf(id))?.sealed ?? ''), seed);
  });

  it('are not stored with a wrong first code, a ticket of another account, or one that has expired', async () => {
    const [account, other] = [await addAccount(), await addAccount()];
    const { ticket, secret } = await factors.beginTotp(account, 'Example');
    assert.deepEqual(await factors.confirmTotp(account.id, ticket, codeOf(secret, 11)), { outcome: 'wrong' });
    assert.deepEqual(await factors.confirmTotp(other.id, ticket, codeOf(secret)), { outcome: 'expired' });
    assert.deepEqual(await factors.confirmTotp(account.id, `${ticket}A`, codeOf(secret)), {
      outcome: 'expired',
    });
    assert.equal((await factors.resumeTotp(account, 'Example', ticket))?.secret, secret);
    clock.advance(1800);
    assert.deepEqual(await factors.confirmTotp(account.id, ticket, codeOf(secret)), { outcome: 'expired' });
    assert.equal(await factors.resumeTotp(account, 'Example', ticket), undefined);
    assert.equal(await totpOf(account.id), undefined);
  });

  it('accept each code once, and none before it, also the first', async () => {
    const { id, secret } = await enrol();
    assert.equal(await factors.verifyTotp(id, codeOf(secret, -1)), undefined, 'the code of the enrolment');
    const code = codeOf(secret);
    assert.equal(await driftOf(factors.verifyTotp(id, ` ${code.slice(0, 3)} ${code.slice(3)}`)), 0);
    assert.equal(await factors.verifyTotp(id, code), undefined, 'again');
    clock.advance(10 * PERIOD);
    assert.equal(await driftOf(factors.verifyTotp(id, codeOf(secret, 1))), 1);
    assert.equal(await factors.verifyTotp(id, codeOf(secret)), undefined, 'an earlier one');
  });

  it('accept one step before and after the current one', async () => {
    const { id, secret } = await enrol();
    const accepted: number[] = [];
    for (const drift of [-3, -2, 2, 3, -1, 0, 1]) {
      clock.advance(10 * PERIOD);
      if ((await factors.verifyTotp(id, codeOf(secret, drift))) !== undefined) accepted.push(drift);
      clock.advance(10 * PERIOD);
      await factors.verifyTotp(id, codeOf(secret));
    }
    assert.deepEqual(accepted, [-1, 0, 1]);
  });

  it('remember how far the clock of the device is off, and follow it', async () => {
    const { id, secret } = await enrol(-8);
    const drifts: unknown[] = [];
    for (const drift of [-8, -9, -10, 0, -1]) {
      clock.advance(20 * PERIOD);
      drifts.push((await factors.verifyTotp(id, codeOf(secret, drift)))?.drift);
    }
    assert.deepEqual(drifts, [-8, -9, -10, 0, -1]);
    assert.equal((await totpOf(id))?.drift, -1);
  });

  it('replace an app by another, whose codes alone are accepted', async () => {
    const old = await enrol();
    const { ticket, secret } = await factors.beginTotp(old, 'Example');
    const answer = await factors.confirmTotp(old.id, ticket, codeOf(secret));
    const expected = { outcome: 'enrolled', replaced: true, drift: 0, isFirst: false };
    assert.deepEqual({ ...answer, account: undefined }, { ...expected, account: undefined });
    clock.advance(PERIOD);
    assert.equal(await factors.verifyTotp(old.id, codeOf(old.secret)), undefined);
    assert.equal(await driftOf(factors.verifyTotp(old.id, codeOf(secret))), 0);
    assert.deepEqual([await factors.removeTotp(old.id), await factors.removeTotp(old.id)], [true, false]);
    assert.equal(await factors.verifyTotp(old.id, codeOf(secret)), undefined);
  });

  it('have their seeds sealed with a new key at a sign-in, and all others by one walk', async () => {
    const [used, idle, alone] = [await enrol(), await enrol(), await addAccount()];
    const rotated = sealerWith(`${secondKey},${firstKey}`);
    const after = createEnrolledFactors({
      accounts: store.accounts,
      sealer: rotated,
      clock: clock.milliseconds,
    });
    const code = codeOf(used.secret);
    assert.equal(await driftOf(after.verifyTotp(used.id, code)), 0);
    assert.equal(rotated.isOutdated((await totpOf(used.id))?.sealed ?? ''), false);
    assert.equal(await after.verifyTotp(used.id, code), undefined, 'the code is used');
    assert.ok((await resealSeeds(store.accounts, rotated)) >= 1);
    const only = createEnrolledFactors({
      accounts: store.accounts,
      sealer: sealerWith(secondKey),
      clock: clock.milliseconds,
    });
    assert.equal(await driftOf(only.verifyTotp(idle.id, codeOf(idle.secret))), 0);
    assert.equal(await only.verifyTotp(alone.id, '123456'), undefined);
    assert.equal(await resealSeeds(store.accounts, rotated), 0);
  });

  it('have ten recovery codes of 120 bits in groups of four, and digests at rest', async () => {
    const { id } = await addAccount();
    const codes = (await factors.replaceRecoveryCodes(id)) ?? [];
    assert.equal(new Set(codes).size, 10);
    for (const code of codes) assert.match(code, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
    const text = JSON.stringify(await store.accounts.find(id));
    for (const code of codes) {
      for (const form of [code, code.replaceAll('-', '')]) assert.ok(!text.includes(form));
    }
  });

  it('accept a recovery code once, however it is written', async () => {
    const { id } = await addAccount();
    const codes = (await factors.replaceRecoveryCodes(id)) ?? [];
    const [first = '', second = ''] = codes;
    assert.equal(await leftOf(factors.useRecoveryCode(id, first.toLowerCase().replaceAll('-', ' '))), 9);
    assert.equal(await factors.useRecoveryCode(id, first), undefined);
    const written = second.replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' – ');
    assert.equal(await leftOf(factors.useRecoveryCode(id, written)), 8);
    for (const wrong of ['', '0'.repeat(24), `${first}A`, '0'.repeat(10_000)]) {
      assert.equal(await factors.useRecoveryCode(id, wrong), undefined);
    }
  });

  it('replace recovery codes as a set', async () => {
    const [{ id }, other] = [await addAccount(), await addAccount()];
    const [old = ''] = (await factors.replaceRecoveryCodes(id)) ?? [];
    const [code = ''] = (await factors.replaceRecoveryCodes(id)) ?? [];
    await factors.replaceRecoveryCodes(other.id);
    assert.equal(await factors.useRecoveryCode(id, old), undefined);
    assert.equal(await factors.useRecoveryCode(other.id, code), undefined, 'of another account');
    assert.equal(await leftOf(factors.useRecoveryCode(id, code)), 9);
    assert.deepEqual(
      [await factors.removeRecoveryCodes(id), await factors.removeRecoveryCodes(id)],
      [true, false],
    );
  });
});
