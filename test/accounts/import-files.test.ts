import assert from 'node:assert/strict';
import { parseFirebaseParameters } from '../../src/accounts/credentials/foreign-formats.ts';
import { parseCsv } from '../../src/accounts/imports/csv.ts';
import { describeAccount, isPerson } from '../../src/accounts/imports/entry-formats.ts';
import { readEntries } from '../../src/accounts/imports/file-entries.ts';
import { USUAL_CODE } from '../../src/accounts/imports/foreign-factors.ts';
import { DJANGO_HASHES, FIREBASE_EXAMPLE, KEYCLOAK_CREDENTIAL, KEYCLOAK_OTP } from './foreign-hashes.ts';

describe('A CSV file', () => {
  it('has quotes, commas and line ends in quoted cells, and the line of each row', () => {
    assert.deepEqual(parseCsv('a,"b ""c"", d"\r\n\n"two\nlines",\ne\n'), [
      { line: 1, cells: ['a', 'b "c", d'] },
      { line: 3, cells: ['two\nlines', ''] },
      { line: 5, cells: ['e'] },
    ]);
  });

  it('is refused with the line of a quote that does not end', () => {
    assert.throws(() => parseCsv('a\n"b'), /^Error: line 2: a quoted cell does not end$/);
    assert.throws(() => parseCsv('a\n"b"c'), /line 2/);
  });
});

describe('A file of accounts', () => {
  const read = (text: string) =>
    readEntries(text).map(({ where, value }) => {
      const { username, claims } = describeAccount(value, undefined);
      return { where, username, claims };
    });
  const alice = { username: 'alice', claims: { email: 'a@example.com' } };

  it('is CSV, JSON lines, a JSON list, or a JSON document with users', () => {
    const line = JSON.stringify(alice);
    assert.deepEqual(read('\uFEFFusername,email\n\nalice,a@example.com\n'), [{ where: 'line 3', ...alice }]);
    assert.deepEqual(read(`${line}\n\n${line}`), [
      { where: 'line 1', ...alice },
      { where: 'line 3', ...alice },
    ]);
    assert.deepEqual(read(`[${line}]`), [{ where: 'user 1', ...alice }]);
    assert.deepEqual(read(`{"realm":"x","users":[${line}]}`), [{ where: 'user 1', ...alice }]);
  });

  it('has the types of claims in its cells', () => {
    const [entry] = readEntries(
      'username,email_verified,groups,disabled,created_at,nickname\nbob,yes,a; b,true,5,\n',
    );
    const { claims, disabled, createdAt } = describeAccount(entry?.value ?? {}, undefined);
    assert.deepEqual([claims, disabled, createdAt], [{ email_verified: true, groups: ['a', 'b'] }, true, 5]);
  });

  it('is refused entry by entry, but for a CSV file without a column username, and a realm without users', () => {
    assert.throws(() => readEntries('name,email\na,b'), /no column username/);
    assert.throws(() => readEntries('{"realm":"x",\n"enabled":true}'), /--users same_file/);
    const reasons = [
      '{"username":1}',
      '{"username":"a","password":"secret"}',
      '{',
      '["a"]',
      '{}',
      '{"username":"a","created_at":"yesterday"}',
      '{"username":"a","email":"a@example.com","claims":{"email":"b@example.com"}}',
    ]
      .flatMap((line) => readEntries(`{"username":"first"}\n${line}`).slice(1))
      .map(({ value }) => {
        try {
          return describeAccount(value, undefined);
        } catch (error) {
          return String(error);
        }
      });
    assert.deepEqual(reasons, [
      'AccountError: username: must be text',
      'AccountError: password: passwords are imported as hashes only (password_hash)',
      'AccountError: it is not JSON',
      'AccountError: it is not a JSON object',
      'AccountError: it has no username',
      'AccountError: created_at: must be epoch seconds or a time such as 2026-11-28T12:00:00Z',
      'AccountError: email: is in claims and beside it',
    ]);
  });

  it('is refused where an object has a name twice, of which a parser takes the last', () => {
    const refused = (text: string) =>
      readEntries(text).flatMap(({ where, value }) =>
        typeof value[''] === 'string' ? `${where}: ${value['']}` : [],
      );
    const entries = [
      '{"username":"a","username":"b"}',
      String.raw`{"username":"c","claims":{"em\u0061il":"c@example.com","email":"d@example.com"}}`,
      String.raw`{"username":"e","x":[{"country":"{\"a\":1,\"a\":2}"},{"country":"b"}],"note":"a\"b\":"}`,
    ];
    const reasons = [1, 2].map(
      (number, index) => `${number}: it has the name "${['username', 'email'][index]}" twice in one object`,
    );
    assert.deepEqual(
      refused(entries.join('\n')),
      reasons.map((reason) => `line ${reason}`),
    );
    for (const document of [`[${entries.join()}]`, `{"realm":"x","users":[${entries.join()}]}`])
      assert.deepEqual(
        refused(document),
        reasons.map((reason) => `user ${reason}`),
      );
    assert.throws(
      () => readEntries('{"users":[],"users":[]}'),
      /^Error: it has the name "users" twice in one object$/,
    );
  });
});

describe('An account of another system', () => {
  const withoutHash = (entry: Record<string, unknown>, firebase?: Parameters<typeof describeAccount>[1]) => {
    const { passwordHash, ...account } = describeAccount(entry, firebase);
    return [passwordHash?.split('$')[1], account];
  };

  it('of Keycloak has its name, groups and state', () => {
    const entry = {
      id: '7f6d',
      username: 'ann',
      firstName: 'Ann',
      lastName: 'Lee',
      email: 'ann@example.com',
      emailVerified: true,
      enabled: false,
      createdTimestamp: 1_600_000_000_000,
      groups: ['/staff', '/staff/tea'],
      attributes: { locale: ['de'] },
      credentials: [KEYCLOAK_OTP, KEYCLOAK_CREDENTIAL, { type: 'recovery-authn-codes' }],
    };
    assert.deepEqual(withoutHash(entry), [
      'pbkdf2-sha512',
      {
        id: '7f6d',
        username: 'ann',
        claims: {
          name: 'Ann Lee',
          given_name: 'Ann',
          family_name: 'Lee',
          email: 'ann@example.com',
          email_verified: true,
          locale: 'de',
          groups: ['staff', 'staff/tea'],
        },
        disabled: true,
        factors: {
          totp: { seed: Buffer.from('8qHwHFvLLsrmIRMBX8Ql'), code: USUAL_CODE },
          others: ['recovery codes'],
        },
        createdAt: 1_600_000_000,
      },
    ]);
  });

  it('of Keycloak has an authenticator app as the realm has chosen it', () => {
    const app = (data: Record<string, unknown>, value = '8qHwHFvLLsrmIRMBX8Ql') =>
      describeAccount(
        {
          username: 'ann',
          credentials: [
            {
              type: 'otp',
              secretData: JSON.stringify({ value }),
              credentialData: JSON.stringify({ subType: 'totp', algorithm: 'HmacSHA1', ...data }),
            },
          ],
        },
        undefined,
      ).factors;
    const [slow, encoded] = [
      app({ digits: 8, period: 60, algorithm: 'HmacSHA256' }),
      app({ secretEncoding: 'BASE32' }, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'),
    ];
    assert.deepEqual(slow.totp?.code, { algorithm: 'SHA256', digits: 8, period: 60 });
    assert.deepEqual(encoded.totp?.seed, Buffer.from('12345678901234567890'));
    assert.deepEqual(
      [
        app({ subType: 'hotp' }),
        app({ algorithm: 'constructor' }),
        app({ digits: 4 }),
        app({}, 'short'),
        app({ secretEncoding: 'BASE32' }, '!'),
      ].map(({ totp, others }) => ({ totp, others })),
      [
        { totp: undefined, others: ['app whose codes are counted'] },
        { totp: undefined, others: ['authenticator app with unusual codes'] },
        { totp: undefined, others: ['authenticator app with unusual codes'] },
        { totp: undefined, others: ['authenticator app whose secret has 5 bytes instead of 10 to 128'] },
        { totp: undefined, others: ['authenticator app whose secret is not Base32'] },
      ],
    );
  });

  it('is left out where it is no person', () => {
    const entries = [
      { username: 'service-account-shop', serviceAccountClientId: 'shop' },
      { model: 'auth.group', pk: 1, fields: { name: 'staff', permissions: [] } },
      { model: 'auth.user', pk: 1, fields: { username: 'ann', password: '' } },
      { username: 'ann' },
    ];
    assert.deepEqual(entries.map(isPerson), [false, false, true, true]);
  });

  it('of Auth0 has its address as username', () => {
    const entry = {
      user_id: 'auth0|5f',
      email: 'ann@example.com',
      email_verified: false,
      name: 'ann@example.com',
      created_at: '2020-09-13T12:26:40.000Z',
      passwordHash: '$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    };
    assert.deepEqual(withoutHash(entry), [
      '2b',
      {
        id: 'auth0|5f',
        username: 'ann@example.com',
        claims: { email: 'ann@example.com' },
        disabled: false,
        factors: { totp: undefined, others: [] },
        createdAt: 1_600_000_000,
      },
    ]);
  });

  it('of the password hashes of Auth0 has its id and address in parts, and may have a factor', () => {
    const entry = {
      _id: { $oid: '5dea9f9c82dd7c0e76e4ec93' },
      passwordHash: '$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
      password_set_date: { $date: '2019-12-06T18:36:12.412Z' },
      tenant: 'example',
      connection: 'Username-Password-Authentication',
      _tmp_is_unique: true,
      identifiers: [{ type: 'email', value: 'ann@example.com', verified: true }],
      mfa_factors: [{ phone: { value: '+15551112233' } }, { totp: { secret: '2PRXZWZAYYDAWCDZ' } }],
    };
    const account = {
      id: 'auth0|5dea9f9c82dd7c0e76e4ec93',
      username: 'ann@example.com',
      claims: { email: 'ann@example.com', email_verified: true },
      disabled: false,
      factors: {
        totp: { seed: Buffer.from('d3e37cdb20c6060b0879', 'hex'), code: USUAL_CODE },
        others: ['phone'],
      },
      createdAt: undefined,
    };
    assert.deepEqual(withoutHash(entry), ['2b', account]);
    const own = withoutHash({ ...entry, alt_id: 'euclid' }) as [string, { id: string }];
    assert.equal(own[1].id, 'auth0|euclid');
  });

  it('of Django is one of a dump, and may have an unusable password', () => {
    const fields = {
      username: 'ann',
      first_name: 'Ann',
      last_name: '',
      email: '',
      is_active: true,
      groups: [['staff'], 2],
      date_joined: '2020-09-13T12:26:40Z',
      password: DJANGO_HASHES.pbkdf2,
    };
    const account = {
      username: 'ann',
      claims: { name: 'Ann', given_name: 'Ann', groups: ['staff'] },
      disabled: false,
      factors: { others: [] },
      createdAt: 1_600_000_000,
    };
    assert.deepEqual(withoutHash({ model: 'auth.user', pk: 1, fields }), ['pbkdf2-sha256', account]);
    const unusable = { model: 'auth.user', fields: { ...fields, password: '!kX' } };
    assert.deepEqual(withoutHash(unusable), [undefined, account]);
  });

  it('of Firebase needs the parameters of its project', () => {
    const { config, hash, salt } = FIREBASE_EXAMPLE;
    const entry = {
      localId: 'abc',
      email: 'ann@example.com',
      emailVerified: true,
      displayName: 'Ann',
      passwordHash: hash,
      salt,
      createdAt: '1600000000000',
    };
    assert.throws(() => describeAccount(entry, undefined), /--firebase-parameters/);
    assert.deepEqual(withoutHash(entry, parseFirebaseParameters(config)), [
      'firebase-scrypt',
      {
        id: 'abc',
        username: 'ann@example.com',
        claims: { email: 'ann@example.com', email_verified: true, name: 'Ann' },
        disabled: false,
        factors: { others: [] },
        createdAt: 1_600_000_000,
      },
    ]);
  });
});
