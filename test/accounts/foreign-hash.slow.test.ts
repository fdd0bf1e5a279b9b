import assert from 'node:assert/strict';
import { hash, scryptSync } from 'node:crypto';
import { argon2id, hash as argon2 } from 'argon2';
import { hashSync } from 'bcryptjs';
import {
  hashFromAuth0,
  hashFromFirebase,
  hashFromKeycloak,
  hashFromText,
  parseFirebaseParameters,
} from '../../src/accounts/credentials/foreign-formats.ts';
import { parseForeignHash } from '../../src/accounts/credentials/foreign-hash.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { AccountError } from '../../src/accounts/errors.ts';
import { PASSWORD, SETTINGS } from './fixture.ts';
import { DJANGO_HASHES, FIREBASE_EXAMPLE, FOREIGN_PASSWORD, KEYCLOAK_CREDENTIAL } from './foreign-hashes.ts';

describe('A password hash of another system', () => {
  /** @returns whether the right password, and a wrong one, are accepted */
  async function accepts(text: string, password: string): Promise<[boolean, boolean]> {
    const foreign = parseForeignHash(text) ?? assert.fail('unknown');
    return [await foreign.verify(password), await foreign.verify(`${password}!`)];
  }

  for (const [name, written] of Object.entries(DJANGO_HASHES)) {
    it(`of Django: ${name}`, async () => {
      assert.deepEqual(await accepts(hashFromText(written), FOREIGN_PASSWORD), [true, false]);
    });
  }

  it('of Firebase: its scrypt, without the signer key of the project', async () => {
    const { config, salt, hash: encrypted, password } = FIREBASE_EXAMPLE;
    const text = hashFromFirebase(encrypted, salt, parseFirebaseParameters(config));
    assert.match(text, /^\$firebase-scrypt\$ln=14,r=8,p=1\$/);
    assert.deepEqual(await accepts(text, password), [true, false]);
    assert.ok(!text.includes(encrypted.slice(0, 20)));
  });

  it('of Keycloak: PBKDF2', async () => {
    assert.deepEqual(await accepts(hashFromKeycloak(KEYCLOAK_CREDENTIAL), PASSWORD), [true, false]);
  });

  it('of Keycloak: argon2, the default since version 25', async () => {
    const options = {
      type: argon2id,
      memoryCost: 1024,
      timeCost: 5,
      parallelism: 1,
      hashLength: 32,
    } as const;
    const [, , , , salt = '', value = ''] = (await argon2(PASSWORD, options)).split('$');
    const text = hashFromKeycloak({
      secretData: JSON.stringify({ value: `${value}=`, salt: `${salt}==`, additionalParameters: {} }),
      credentialData: JSON.stringify({
        hashIterations: 5,
        algorithm: 'argon2',
        additionalParameters: {
          hashLength: ['32'],
          memory: ['1024'],
          type: ['id'],
          version: ['1.3'],
          parallelism: ['1'],
        },
      }),
    });
    assert.deepEqual(await accepts(text, PASSWORD), [true, false]);
  });

  it('of Auth0: bcrypt, PBKDF2 and scrypt', async () => {
    const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    assert.deepEqual(await accepts(hashFromAuth0({ algorithm: 'bcrypt', hash: { value: bcrypt } }), 'U*U'), [
      true,
      false,
    ]);
    const scrypt = hashFromAuth0({
      algorithm: 'scrypt',
      hash: { value: scryptSync(PASSWORD, 'salty', 64, { N: 1024 }).toString('hex'), encoding: 'hex' },
      salt: { value: 'salty' },
      cost: 1024,
    });
    assert.deepEqual(await accepts(scrypt, PASSWORD), [true, false]);
    const { value, salt } = JSON.parse(KEYCLOAK_CREDENTIAL.secretData) as Record<string, string>;
    const pbkdf2 = { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-sha512$i=1000,l=64$${salt}$${value}` } };
    assert.deepEqual(await accepts(hashFromAuth0(pbkdf2), PASSWORD), [true, false]);
  });

  it('of bcrypt: 72 bytes of a password, until the first sign-in hashes all of it', async () => {
    const long = `${'tea '.repeat(18)}and the rest`;
    const cut = `${long.slice(0, 72)} another end`;
    const passwords = createPasswords(SETTINGS);
    const isAccepted = async (hash: string, password: string) => {
      const { valid, outdated } = await passwords.verify(hash, password);
      return { valid, outdated };
    };
    const bcrypt = hashFromText(hashSync(long, 4));
    assert.deepEqual(await isAccepted(bcrypt, cut), { valid: true, outdated: true });
    assert.deepEqual(await isAccepted(bcrypt, long.slice(0, 71)), { valid: false, outdated: false });
    assert.equal((await isAccepted(await passwords.hash(long), cut)).valid, false);
    const digest = hash('sha256', long, 'hex');
    const django = hashFromText(`bcrypt_sha256$${hashSync(digest, 4)}`);
    assert.deepEqual(
      [(await isAccepted(django, long)).valid, (await isAccepted(django, cut)).valid],
      [true, false],
    );
  });

  it('is refused when its format or algorithm is unknown, in words that do not contain it', () => {
    const secret = 'c2VjcmV0c2VjcmV0';
    for (const read of [
      () => hashFromText(secret),
      () => hashFromText(`md5$${secret}`),
      () => hashFromText(`$2b$31$${secret}`),
      () => hashFromAuth0({ algorithm: 'md5', hash: { value: secret } }),
      () => hashFromKeycloak({ secretData: secret, credentialData: '{}' }),
      () => hashFromKeycloak({ ...KEYCLOAK_CREDENTIAL, credentialData: '{"algorithm":"md5-crypt"}' }),
      () => hashFromFirebase(secret, 'AAAA', parseFirebaseParameters(FIREBASE_EXAMPLE.config)),
      () => parseFirebaseParameters('hash_config {}'),
    ]) {
      assert.throws(read, (error) => error instanceof AccountError && !error.message.includes(secret));
    }
  });

  it('is refused when a sign-in would take too much time or memory', () => {
    for (const text of [
      `$2b$15$${'C'.repeat(53)}`,
      '$pbkdf2-sha256$i=90000000$AAAA$AAAA',
      '$scrypt$ln=20,r=16,p=1$AAAA$AAAA',
      '$scrypt$ln=10,r=8,p=99$AAAA$AAAA',
      '$argon2id$v=19$m=4000000,t=1,p=1$AAAAAAAAAAA$AAAAAA',
      '$argon2id$v=19$m=65536,t=999,p=1$AAAAAAAAAAA$AAAAAA',
    ])
      assert.throws(() => hashFromText(text), /the password hash is/, text);
  });
});
