import assert from 'node:assert/strict';
import { loadConfig, parseConfig } from '../../src/config/config.ts';
import { ConfigurationError } from '../../src/config/errors.ts';

describe('signingAlgorithms', () => {
  const parsed: [written: string[] | undefined, algorithms: string[]][] = [
    [undefined, ['RS256']],
    [[], ['RS256']],
    [['RS256'], ['RS256']],
    [['ES256'], ['RS256', 'ES256']],
    [
      ['EdDSA', 'ES256', 'PS256', 'EdDSA'],
      ['RS256', 'PS256', 'ES256', 'EdDSA'],
    ],
  ];
  for (const [written, algorithms] of parsed) {
    it(`${JSON.stringify(written)} is ${algorithms.join(', ')}: RS256 always, each once`, () => {
      const { signingAlgorithms } = parseConfig(written === undefined ? {} : { signingAlgorithms: written });
      assert.deepEqual(signingAlgorithms, algorithms);
    });
  }

  it('can be set by a variable', () => {
    const { signingAlgorithms } = loadConfig({ env: { SIGNET_SIGNING_ALGORITHMS: 'ES256, EdDSA' } });
    assert.deepEqual(signingAlgorithms, ['RS256', 'ES256', 'EdDSA']);
  });

  for (const wrong of ['HS256', 'none', 'ES384', 'es256', 'Ed25519', '']) {
    it(`cannot contain ${JSON.stringify(wrong)}`, () => {
      assert.throws(
        () => loadConfig({ env: {}, defaults: { signingAlgorithms: ['ES256', wrong] } }),
        new ConfigurationError(['signingAlgorithms.1: expected RS256 or PS256 or ES256 or EdDSA']),
      );
    });
  }
});
