import assert from 'node:assert/strict';
import { argon2id, argon2i, hash as argon2Hash } from 'argon2';
import { createPasswords, PasswordQueueFullError } from '../../src/accounts/passwords.ts';
import { parseConfig } from '../../src/config/config.ts';

const SETTINGS = parseConfig({}).passwords;
const PASSWORD = 'wonderland-tea-party';

describe('Password hashes', () => {
  const passwords = createPasswords(SETTINGS);

  it('are argon2id with the parameters in the order m,t,p and 16 bytes of salt (PHC string format)', async () => {
    assert.match(
      await passwords.hash(PASSWORD),
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  it('differ for the same password', async () => {
    assert.notEqual(await passwords.hash(PASSWORD), await passwords.hash(PASSWORD));
  });

  it('accept the password they were made from and no other', async () => {
    const hash = await passwords.hash(PASSWORD);
    assert.deepEqual(await passwords.verify(hash, PASSWORD), { valid: true, outdated: false });
    assert.deepEqual(await passwords.verify(hash, `${PASSWORD} `), { valid: false, outdated: false });
  });

  it('accept the password in another Unicode normal form (RFC 8265 §4.2.2)', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait');
    assert.equal((await passwords.verify(hash, 'cafe\u0301 au lait')).valid, true);
  });

  it('tell apart passwords that differ after a NUL', async () => {
    const hash = await passwords.hash('wonderland\0a');
    assert.equal((await passwords.verify(hash, 'wonderland\0b')).valid, false);
  });

  it('are read with the parameters in the order m,p,t too', async () => {
    const hash = await argon2Hash(PASSWORD, {
      type: argon2id,
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
    });
    assert.match(hash, /m=19456,p=1,t=2/);
    assert.deepEqual(await passwords.verify(hash, PASSWORD), { valid: true, outdated: false });
  });

  it('are outdated when a parameter is not the configured one', async () => {
    const hash = await createPasswords({ ...SETTINGS, iterations: 3 }).hash(PASSWORD);
    assert.deepEqual(await passwords.verify(hash, PASSWORD), { valid: true, outdated: true });
    assert.deepEqual(await passwords.verify(hash, 'something else'), { valid: false, outdated: false });
  });

  const useless: [title: string, hash: string | undefined][] = [
    ['no hash', undefined],
    ['an empty hash', ''],
    ['the password in the clear', PASSWORD],
    ['a damaged hash', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'],
  ];
  for (const [title, hash] of useless) {
    it(`accept nothing when there is ${title}`, async () => {
      assert.deepEqual(await passwords.verify(hash, PASSWORD), { valid: false, outdated: false });
    });
  }

  it('accept nothing when they are of another variant', async () => {
    const hash = await argon2Hash(PASSWORD, {
      type: argon2i,
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
    });
    assert.equal((await passwords.verify(hash, PASSWORD)).valid, false);
  });
});

describe('The queue of password hashes', () => {
  it('refuses with 503 what it cannot hold, whether or not there is a hash to compare', async () => {
    const passwords = createPasswords({ ...SETTINGS, concurrency: 1, queue: 2 });
    const under = [
      passwords.verify(undefined, PASSWORD),
      passwords.verify(undefined, PASSWORD),
      passwords.hash(PASSWORD),
    ];
    assert.equal(passwords.waiting, 2);
    await assert.rejects(passwords.verify(undefined, PASSWORD), PasswordQueueFullError);
    await assert.rejects(passwords.hash(PASSWORD), { statusCode: 503 });
    await Promise.all(under);
    assert.equal(passwords.waiting, 0);
    assert.equal((await passwords.verify(undefined, PASSWORD)).valid, false);
  });
});

describe('The rule for passwords (NIST SP 800-63B-4)', () => {
  const passwords = createPasswords({ ...SETTINGS, minimumLength: 12 });

  it('is a minimum length in characters, not bytes', () => {
    assert.deepEqual(passwords.problems('𐐨'.repeat(11)), ['the password is shorter than 12 characters']);
    assert.deepEqual(passwords.problems('𐐨'.repeat(12)), []);
  });

  it('is a maximum of 4 KiB', () => {
    assert.deepEqual(passwords.problems('a'.repeat(4096)), []);
    assert.deepEqual(passwords.problems('é'.repeat(2049)), ['the password is longer than 4096 bytes']);
  });

  it('asks for no kinds of characters', () => assert.deepEqual(passwords.problems('aaaaaaaaaaaa'), []));
});
