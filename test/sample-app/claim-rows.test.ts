import assert from 'node:assert/strict';
import { claimRows } from '../../src/sample-app/claim-rows.ts';

/** OpenID Connect Core §2, §3.3.2.11 and §5.1, JWT (RFC 7519 §4.1), and Front-Channel Logout's `sid`. */
const REGISTERED =
  'iss sub aud azp exp nbf iat jti auth_time nonce acr amr sid at_hash c_hash name given_name family_name ' +
  'middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at email ' +
  'email_verified phone_number phone_number_verified address';

describe('sample app: the table of claims', () => {
  it('starts with issuer, subject and audience, and ends with unknown claims', () => {
    const rows = claimRows({
      name: 'Alice',
      own: 1,
      aud: 'app',
      sub: 'alice-id',
      exp: 0,
      iss: 'https://id.example',
    });
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['iss', 'sub', 'aud', 'exp', 'name', 'own'],
    );
    assert.equal(rows.find(({ name }) => name === 'exp')?.value, '1970-01-01 00:00:00 UTC');
  });

  it('explains every registered claim, and no other', () => {
    const claims = Object.fromEntries(REGISTERED.split(' ').map((name) => [name, 'x']));
    const silent = claimRows(claims).filter(({ meaning }) => meaning === '');
    assert.deepEqual(silent, []);
    for (const name of ['own', 'constructor', 'toString'])
      assert.equal(claimRows({ [name]: 1 })[0]?.meaning, '');
  });
});
