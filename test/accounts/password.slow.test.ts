import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { argon2id, argon2i, hash as argon2Hash } from 'argon2';
import {
  createPasswords,
  PasswordQueueFullError,
  type Passwords,
} from '../../src/accounts/credentials/password.ts';
import { parseConfig } from '../../src/config/config.ts';
import { LONG } from '../support/long-form.ts';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';

const SETTINGS = parseConfig({}).passwords;
const PASSWORD = 'wonderland-tea-party';

/** Hashes with less memory than the configuration allows, for speed. */
const CHEAP = { ...SETTINGS, memory: 64 };

describe('Password hashes', () => {
  const passwords = createPasswords(CHEAP);

  it('are argon2id with the parameters in the order m,t,p and 16 bytes of salt (PHC string format)', async () => {
    assert.match(
      await createPasswords(SETTINGS).hash(PASSWORD),
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });

  it('differ for the same password', async () => {
    assert.notEqual(await passwords.hash(PASSWORD), await passwords.hash(PASSWORD));
  });

  it('match their own password and no other', async () => {
    const hash = await passwords.hash(PASSWORD);
    assert.deepEqual(await verified(passwords.verify(hash, PASSWORD)), { valid: true, outdated: false });
    assert.deepEqual(await verified(passwords.verify(hash, `${PASSWORD} `)), {
      valid: false,
      outdated: false,
    });
  });

  it('accept the password in another Unicode normal form (RFC 8265 §4.2.2)', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait');
    assert.equal((await passwords.verify(hash, 'cafe\u0301 au lait')).valid, true);
  });

  it('tell apart passwords that differ after a NUL', async () => {
    const hash = await passwords.hash('wonderland\0a');
    assert.equal((await passwords.verify(hash, 'wonderland\0b')).valid, false);
  });

  it('are read with the parameters in the order m,p,t as well', async () => {
    const hash = await argon2Hash(PASSWORD, {
      type: argon2id,
      memoryCost: 64,
      timeCost: 2,
      parallelism: 1,
    });
    assert.match(hash, /m=64,p=1,t=2/);
    assert.deepEqual(await verified(passwords.verify(hash, PASSWORD)), { valid: true, outdated: false });
  });

  it('are outdated when a parameter is not the configured one', async () => {
    const hash = await createPasswords({ ...CHEAP, iterations: 3 }).hash(PASSWORD);
    assert.deepEqual(await verified(passwords.verify(hash, PASSWORD)), { valid: true, outdated: true });
    assert.deepEqual(await verified(passwords.verify(hash, 'something else')), {
      valid: false,
      outdated: false,
    });
  });

  const useless: [title: string, hash: string | undefined][] = [
    ['no hash', undefined],
    ['an empty hash', ''],
    ['the password in the clear', PASSWORD],
    ['a damaged hash', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'],
  ];
  for (const [title, hash] of useless) {
    it(`match no password when there is ${title}`, async () => {
      assert.deepEqual(await verified(passwords.verify(hash, PASSWORD)), { valid: false, outdated: false });
    });
  }

  it('match no password when they are of another argon2 variant', async () => {
    const hash = await argon2Hash(PASSWORD, {
      type: argon2i,
      memoryCost: 64,
      timeCost: 2,
      parallelism: 1,
    });
    assert.equal((await passwords.verify(hash, PASSWORD)).valid, false);
  });
});

describe('The queue of password hashes', () => {
  it('rejects with 503 when it is full, with and without a stored hash', async () => {
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

describe('The rules for passwords (NIST SP 800-63B-4 §3.1.1.2)', () => {
  const site = { issuer: 'https://login.looking-glass.example', brand: { name: 'Tea Party Inc.' } };
  const passwords = createPasswords({ ...SETTINGS, minimumLength: 12 }, site);
  const problems = (password: string, username = 'alice') => passwords.problems(password, username);
  const COMMON = [{ key: 'password.common' }];
  const NAMES = [{ key: 'password.name' }];
  const GUESSABLE = [{ key: 'password.guessable' }];

  it('are a minimum length in characters, not bytes', async () => {
    assert.deepEqual(await problems('𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲'), [{ key: 'password.tooShort', values: { minimum: 12 } }]);
    assert.deepEqual(await problems('𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲𐐳'), []);
  });

  it('are a maximum of 4 KiB', async () => {
    assert.deepEqual(await problems('curiouser '.repeat(409)), []);
    assert.deepEqual(await problems('é'.repeat(2049)), [
      { key: 'password.tooLong', values: { maximum: 4096 } },
    ]);
  });

  it('have no composition rules', async () => {
    for (const password of ['curiouserandcuriouser', '739184620571', '¿¡§¶†‡•‰≈≠±∞'])
      assert.deepEqual(await problems(password), [], password);
  });

  for (const password of [
    '123qweasdzxc',
    'administrator',
    'AdministratoR',
    'unbelievable',
    'password1234',
    '1234password',
    'Password2026!',
    '!!sunshine!!',
    'passwordpassword',
    'qwertyqwertyqwerty',
    'aaaaaaaaaaaa',
    'abababababab',
    '123123123123',
    ' administrator ',
    'ad-min-is-tra-tor',
  ]) {
    it(`reject the common ${JSON.stringify(password)}`, async () =>
      assert.deepEqual(await problems(password), COMMON));
  }

  for (const [password, username] of [
    ['alice-in-2026', 'alice'],
    ['JABBERWOCKYJABBERWOCKY', 'jabberwocky'],
    ['alice.liddell', 'alice.liddell'],
    ['liddell alice 1', 'alice.liddell@example.org'],
    ['teapartyinc1', 'alice'],
    ['Tea Party 2026', 'alice'],
    ['looking-glass', 'alice'],
    ['login.looking-glass.example', 'alice'],
    ['SignetSignet', 'alice'],
    ['password-signet', 'alice'],
    ['алиса-алиса-1', 'Алиса'],
  ] as const) {
    it(`reject ${JSON.stringify(password)} for ${username}`, async () =>
      assert.deepEqual(await problems(password, username), NAMES));
  }

  for (const password of ['1q2w3e4r5t6y7u', 'bcdefghijklmn', '4bR!x04bR!x04bR!x0']) {
    it(`reject the pattern ${JSON.stringify(password)}`, async () =>
      assert.deepEqual(await problems(password), GUESSABLE));
  }

  it('accept a password that merely contains such a word', async () => {
    for (const [password, username] of [
      ['alice-fell-down-a-hole', 'alice'],
      ['wonderland-tea-party', 'alice'],
      ['a dormouse in a teapot', 'a'],
      ['love 7391 8264', 'alice'],
      ['signet wonderland', 'alice'],
      ['correct horse battery staple', 'alice'],
    ] as const)
      assert.deepEqual(await problems(password, username), [], password);
  });

  it('accept generated passwords and the demo password', async () => {
    assert.deepEqual(await passwords.problems(DEMO_ACCOUNT.password, DEMO_ACCOUNT.username), []);
    for (let round = 0; round < (LONG ? 20 : 2); round += 1) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const password = randomBytes(18).toString(encoding);
        assert.deepEqual(await problems(password), [], password);
      }
    }
  });
});

async function verified(verification: ReturnType<Passwords['verify']>): Promise<Record<string, boolean>> {
  const { valid, outdated } = await verification;
  return { valid, outdated };
}
