import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';
import { relyingParty } from '../../src/config/relying-party.ts';

describe('passkeys.rpId', () => {
  for (const [issuer, rpId, expected] of [
    ['https://login.example.com/auth', undefined, 'login.example.com'],
    ['https://login.example.com', 'example.com', 'example.com'],
    ['https://login.example.co.uk', 'example.co.uk', 'example.co.uk'],
    ['http://localhost:3000', undefined, 'localhost'],
  ] as const) {
    it(`${rpId ?? 'none'} is for ${issuer}`, () => {
      const party = relyingParty(parseConfig({ issuer, passkeys: { rpId } }));
      assert.deepEqual(party, { rpId: expected, origin: new URL(issuer).origin, name: 'Signet' });
    });
  }

  for (const issuer of ['https://192.0.2.1', 'https://[2001:db8::1]']) {
    it(`there are no passkeys at ${issuer}`, () => {
      assert.equal(relyingParty(parseConfig({ issuer })), undefined);
    });
  }

  it('there are none where they are off', () => {
    assert.equal(relyingParty(parseConfig({ passkeys: { enabled: false } })), undefined);
  });

  const OTHER = 'is neither the host of the issuer nor a parent domain of it';
  const SUFFIX = 'is a suffix of domains of many owners, which browsers refuse';
  for (const [issuer, rpId, problem] of [
    ['https://login.example.com', 'example.org', `${OTHER}; write login.example.com or example.com`],
    ['https://login.example.com', 'ample.com', `${OTHER}; write login.example.com or example.com`],
    ['https://example.com', 'login.example.com', `${OTHER}; write example.com`],
    ['https://example.com', 'com', `${SUFFIX}; write example.com`],
    ['https://example.co.uk', 'co.uk', `${SUFFIX}; write example.co.uk`],
  ] as const) {
    it(`${rpId} is refused for ${issuer}`, () => {
      assert.throws(
        () => parseConfig({ issuer, passkeys: { rpId } }),
        (error: unknown) => {
          assert.ok(error instanceof ConfigurationError);
          assert.deepEqual(error.problems, [`passkeys.rpId: ${rpId} ${problem}`]);
          return true;
        },
      );
    });
  }

  it('is refused for an issuer at an address', () => {
    assert.throws(
      () => parseConfig({ issuer: 'https://192.0.2.1', passkeys: { rpId: '2.1' } }),
      /passkeys\.rpId: the issuer's host 192\.0\.2\.1 is an address, and passkeys need a domain/,
    );
  });
});
