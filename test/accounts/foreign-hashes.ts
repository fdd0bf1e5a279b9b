/** Hashes as other systems have written them, with their passwords. Their costs are low, for speed. */

export const FOREIGN_PASSWORD = 'lètmein wonderland';

/** By Django 5.2. */
export const DJANGO_HASHES = {
  pbkdf2: 'pbkdf2_sha256$1000$BQi95ppukdpxPfLjpJuOg5$eYn3lQu8QJTo/fS0lopxSi/iKykr8vGdJOultO5wQpA=',
  'pbkdf2 with SHA-1': 'pbkdf2_sha1$1000$NGAgYRZaXXjCX2VO0sdbZb$tY9PmdIdoVOqy6wn3kuQAbQkpsk=',
  argon2:
    'argon2$argon2id$v=19$m=1024,t=1,p=2$ZWRad0V6MHM5bkhyUlE4SDcySDh1WQ$bWeMdKU8sFIoolc66SJWtbtgv0ETzBuX1EipNB8QsA8',
  'bcrypt of a digest': 'bcrypt_sha256$$2b$04$GEz1llstpSwCRtxR2DgG6.SBZeyaLxtrGL.UuPpt9cCh3jf2sz.Mu',
  bcrypt: 'bcrypt$$2b$04$dGlxZLXOtsA.iruyQ7Ay9uCg9mZZCMNCRPDEtiKRtrJdd866t8a1a',
  scrypt:
    'scrypt$1024$QHR7yQcW4BMWV3bx4AX3OM$8$5$eIA3t1FtEXXFnzka6y3HW6rfEBcA8Xus0E2XhYrppyk+FZFlOUxClUglmG0Ro8bB51gBNU+LDOHYVFyYg0VKhg==',
};

/** The example of https://github.com/firebase/scrypt. */
export const FIREBASE_EXAMPLE = {
  config: `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}`,
  salt: '42xEC+ixf3L2lw==',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  password: 'user1password',
};

/** A credential of a realm export of Keycloak, with PBKDF2 as up to version 24, and with the password `wonderland-tea-party`. */
export const KEYCLOAK_CREDENTIAL = {
  type: 'password',
  secretData: JSON.stringify({
    value: 'd45rlvJl+WLzG8xYuW+OpCXhrYOiGG9MjQk0SrPyHDWA1ei9fDwujNqE6qtIiIWqFxsaxeB6r3YZfOEMI6saEA==',
    salt: 'MDEyMzQ1Njc4OWFiY2RlZg==',
    additionalParameters: {},
  }),
  credentialData: JSON.stringify({
    hashIterations: 1000,
    algorithm: 'pbkdf2-sha512',
    additionalParameters: {},
  }),
};

/** A credential of the same export: an authenticator app. */
export const KEYCLOAK_OTP = {
  type: 'otp',
  userLabel: 'phone',
  createdDate: 1_600_000_000_000,
  secretData: JSON.stringify({ value: '8qHwHFvLLsrmIRMBX8Ql' }),
  credentialData: JSON.stringify({
    subType: 'totp',
    digits: 6,
    counter: 0,
    period: 30,
    algorithm: 'HmacSHA1',
  }),
};
