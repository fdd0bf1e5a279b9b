import assert from 'node:assert/strict';
import { parseConfig } from '../../src/config/config.ts';
import { parsePkcs11Uri } from '../../src/config/pkcs11-uri.ts';

const LIBRARY = 'module-path=/usr/lib/softhsm/libsofthsm2.so';

describe('PKCS#11 URIs (RFC 7512)', () => {
  it('name a token of a library', () => {
    assert.deepEqual(parsePkcs11Uri(`pkcs11:token=Signet%20keys;serial=0a1b?${LIBRARY}`), {
      modulePath: '/usr/lib/softhsm/libsofthsm2.so',
      token: { token: 'Signet keys', serial: '0a1b' },
    });
  });

  it('name a key by its label or its binary id (§2.3)', () => {
    const { token, key } = parsePkcs11Uri(
      `pkcs11:token=t;object=k%C3%A9y;id=%00%ffA;type=private?${LIBRARY}`,
    );
    assert.deepEqual(token, { token: 't' });
    assert.deepEqual(key, { label: 'kéy', id: '00ff41' });
  });

  const wrong: [title: string, uri: string, sentence: RegExp][] = [
    ['another scheme', 'https://hsm.example.com', /begins with pkcs11:/],
    ['no library', 'pkcs11:token=t', /module-path/],
    ['a relative path of the library', 'pkcs11:token=t?module-path=lib.so', /absolute/],
    ['no token', `pkcs11:?${LIBRARY}`, /needs an attribute of the token/],
    ['an unsupported attribute', `pkcs11:tokn=t?${LIBRARY}`, /supported are token, serial/],
    ['an attribute twice', `pkcs11:token=t;token=u?${LIBRARY}`, /token twice/],
    ['a public key', `pkcs11:token=t;type=public?${LIBRARY}`, /private/],
    ['a broken escape', `pkcs11:token=%4?${LIBRARY}`, /hexadecimal/],
    ['a PIN', `pkcs11:token=t?${LIBRARY}&pin-value=4711`, /SIGNET_HSM_PIN_FILE/],
    ['a source of the PIN', `pkcs11:token=t?${LIBRARY}&pin-source=/pin-4711`, /SIGNET_HSM_PIN_FILE/],
  ];
  for (const [title, uri, sentence] of wrong) {
    it(`reject ${title}, without a quote of the URI`, () => {
      assert.throws(
        () => parseConfig({ hsm: { uri, pin: 'p' } }),
        (error: Error) => sentence.test(error.message) && !error.message.includes('4711'),
      );
    });
  }

  it('require a PIN, and a PIN requires a URI', () => {
    assert.throws(() => parseConfig({ hsm: { uri: `pkcs11:token=t?${LIBRARY}` } }), /SIGNET_HSM_PIN_FILE/);
    assert.throws(() => parseConfig({ hsm: { pin: '4711' } }), /hsm\.uri, which is not set/);
  });
});
