import assert from 'node:assert/strict';
import { parseFirebaseParameters } from '../../src/accounts/credentials/foreign-formats.ts';
import { parseCsv } from '../../src/accounts/imports/csv.ts';
import { describeAccount } from '../../src/accounts/imports/entry-formats.ts';
import { readEntries } from '../../src/accounts/imports/file-entries.ts';
import { DJANGO_HASHES, FIREBASE_EXAMPLE, KEYCLOAK_CREDENTIAL } from './foreign-hashes.ts';

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

  it('is refused entry by entry, but for a CSV file without a column username', () => {
    assert.throws(() => readEntries('name,email\na,b'), /no column username/);
    const reasons = ['{"username":1}', '{"username":"a","password":"secret"}', '{', '["a"]', '{}']
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
    ]);
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
      credentials: [{ type: 'otp' }, KEYCLOAK_CREDENTIAL],
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
          groups: ['staff', 'staff/tea'],
        },
        disabled: true,
        createdAt: 1_600_000_000,
      },
    ]);
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
        createdAt: 1_600_000_000,
      },
    ]);
  });

  it('of Django is one of a dump, and may have an unusable password', () => {
    const fields = {
      username: 'ann',
      first_name: 'Ann',
      last_name: '',
      email: '',
      is_active: true,
      groups: [1],
      date_joined: '2020-09-13T12:26:40Z',
      password: DJANGO_HASHES.pbkdf2,
    };
    const account = {
      username: 'ann',
      claims: { name: 'Ann', given_name: 'Ann' },
      disabled: false,
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
        createdAt: 1_600_000_000,
      },
    ]);
  });
});
