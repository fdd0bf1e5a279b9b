import assert from 'node:assert/strict';
import { parseClaims } from '../../src/accounts/claims.ts';
import { AccountError } from '../../src/accounts/errors.ts';

/** The problems that `parseClaims` reports for these claims. */
function problems(claims: Record<string, unknown>): readonly string[] {
  try {
    parseClaims(claims);
  } catch (error) {
    assert(error instanceof AccountError);
    return error.problems;
  }
  return [];
}

describe('Claims of an account', () => {
  it('can be all standard claims of OpenID Connect Core §5.1', () => {
    const claims = {
      name: 'Alice Liddell',
      given_name: 'Alice',
      family_name: 'Liddell',
      middle_name: 'Pleasance',
      nickname: 'Ali',
      preferred_username: 'alice',
      profile: 'https://example.com/alice',
      picture: 'https://example.com/alice.png',
      website: 'http://alice.example.com',
      email: 'alice@example.com',
      email_verified: true,
      gender: 'female',
      birthdate: '0000-05-04',
      zoneinfo: 'Europe/London',
      locale: 'en-GB',
      phone_number: '+15551234567',
      phone_number_verified: false,
      address: {
        formatted: '1 Main Street\nOxford',
        street_address: '1 Main Street',
        locality: 'Oxford',
        region: 'Oxfordshire',
        postal_code: 'OX1',
        country: 'GB',
      },
      updated_at: 1_700_000_000,
    };
    assert.deepEqual(parseClaims(claims), claims);
  });

  it('can be groups and custom claims of any shape', () => {
    const claims = {
      groups: ['staff', 'admin'],
      department: 'Tea',
      'https://example.com/level': { seats: [1, 2] },
    };
    assert.deepEqual(parseClaims(claims), claims);
  });

  const accepted: [name: string, value: unknown][] = [
    ['birthdate', '1990'],
    ['birthdate', '1990-12-31'],
    ['locale', 'en_US'],
    ['birthdate', '0000-02-29'],
    ['email', 'jörg@localhost'],
    ['zoneinfo', 'America/Argentina/Buenos_Aires'],
    ['zoneinfo', 'UTC'],
    // The examples of OpenID Connect Core §5.1, and others in their spelling.
    ['phone_number', '+1 (425) 555-1212'],
    ['phone_number', '+56 (2) 687 2400'],
    ['phone_number', '+1 (604) 555-1234;ext=5678'],
    ['phone_number', '+49.30.1234567'],
    ['phone_number', '+6834000'],
    ['phone_number', '+390612345678;ext=12-3'],
  ];
  for (const [name, value] of accepted) {
    it(`can have the ${name} ${JSON.stringify(value)}`, () =>
      assert.deepEqual(problems({ [name]: value }), []));
  }

  const rejected: [name: string, value: unknown, problem: string][] = [
    ['email_verified', 'true', 'email_verified: must be true or false'],
    ['phone_number_verified', 1, 'phone_number_verified: must be true or false'],
    ['updated_at', '2026-01-01', 'updated_at: must be a number of seconds since 1970'],
    ['updated_at', -1, 'updated_at: must be a number of seconds since 1970'],
    ['name', 7, 'name: must be text'],
    ['name', '', 'name: must not be empty'],
    ['email', 'alice', 'email: must be an email address'],
    ['picture', 'javascript:alert(1)', 'picture: must be an http or https URL'],
    ['birthdate', '31.12.1990', 'birthdate: must be a date like 1990-12-31, or a year'],
    ['zoneinfo', 'Europe/Wonderland', 'zoneinfo: must be a time zone like Europe/Paris'],
    ['locale', 'not a tag', 'locale: must be a language tag like en or fr-CA'],
    ['zoneinfo', '+01:00', 'zoneinfo: must be a time zone like Europe/Paris'],
    ['birthdate', '0000', 'birthdate: must be a date like 1990-12-31, or a year'],
    ['birthdate', '0000-02-30', 'birthdate: must be a date like 1990-12-31, or a year'],
    ['birthdate', '1990-02-29', 'birthdate: must be a date like 1990-12-31, or a year'],
    ...[
      'abc',
      '',
      '5551234567',
      '005551234567',
      '+0555123456',
      '+1',
      '+12345678901234567',
      '+1555123456a',
      '+1 555 1234567\n',
      '+1555+1234567',
      '+15551234567 ext 12',
      '+15551234567;ext=',
      '+15551234567;ext=x',
      '+15551234567;phone-context=x',
      'tel:+15551234567',
    ].map((value): [string, unknown, string] => [
      'phone_number',
      value,
      'phone_number: must be a number like +15551234567 or +15551234567;ext=12',
    ]),
    [
      'phone_number',
      15_551_234_567,
      'phone_number: must be a number like +15551234567 or +15551234567;ext=12',
    ],
    ['address', 'Oxford', 'address: must be an object'],
    [
      'address',
      { city: 'Oxford', locallity: 'Oxford' },
      'address.locallity: unknown member; did you mean locality?',
    ],
    ['address', { country: 44 }, 'address.country: must be text'],
    ['groups', 'staff', 'groups: must be a list of names'],
    ['groups', ['staff', 7], 'groups.1: must be text'],
    ['givenName', 'Alice', 'givenName: is written given_name'],
    ['', 'x', '"": is not the name of a claim'],
    ['a\u001bb', 'x', '"a\\u001bb": is not the name of a claim'],
  ];
  for (const [name, value, problem] of rejected) {
    it(`cannot have ${JSON.stringify(name)} as ${JSON.stringify(value)}`, () => {
      assert.ok(problems({ [name]: value }).includes(problem), problems({ [name]: value }).join('\n'));
    });
  }

  for (const name of ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'acr', 'amr', 'scope']) {
    it(`cannot be ${name}, which the protocol sets`, () => {
      const claims: Record<string, unknown> = JSON.parse(`{ "${name}": "x" }`);
      assert.deepEqual(problems(claims), [`${name}: is set by the protocol and cannot be stored`]);
    });
  }

  it('are not validated again when their value is unchanged', () => {
    const stored = { phone_number: 'abc', address: { country: 44 }, name: 'Alice' };
    const merged = { ...stored, address: { country: 44 }, nickname: 'al' };
    assert.deepEqual(parseClaims(merged, stored), merged);
    assert.throws(() => parseClaims({ ...merged, phone_number: 'abcd' }, stored), AccountError);
    assert.throws(() => parseClaims({ ...merged, address: { country: 45 } }, stored), AccountError);
  });
  for (const name of ['__proto__', 'constructor', 'toString', 'prototype']) {
    it(`cannot have the name ${name}, at any depth`, () => {
      const claims = (text: string): Record<string, unknown> => JSON.parse(text);
      assert.deepEqual(problems(claims(`{ "${name}": { "admin": true } }`)), [`${name}: is a reserved name`]);
      assert.deepEqual(problems(claims(`{ "roles": [{ "${name}": { "admin": true } }] }`)), [
        `roles.0.${name}: is a reserved name`,
      ]);
    });
  }

  it('are rejected with all problems at once', () => {
    assert.equal(problems({ sub: 'x', email: 'nope', email_verified: 'yes' }).length, 3);
  });

  it('are bounded in size', () => {
    assert.deepEqual(problems({ note: 'x'.repeat(16_384) }), ['the claims are larger than 16384 bytes']);
  });
});
