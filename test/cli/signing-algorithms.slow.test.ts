import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeSigningKeys } from '../support/signing-key.ts';
import { Workplace } from './run-signet.ts';

/** The tests share one directory and run in order. */
describe('signet: signingAlgorithms, and what is registered for them', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace({ ownProcess: false });
  });
  after(() => workplace.remove());

  const configure = (content: object): void =>
    // JSON is YAML.
    writeFileSync(join(workplace.directory, 'signet.yaml'), JSON.stringify(content));
  const add = ['client', 'add', '--redirect-uri', 'http://localhost/cb', '--id-token-alg'];

  it('keys rotate names an algorithm that is unknown or not configured', async () => {
    await placeSigningKeys(join(workplace.directory, 'keys'), ['RS256']);
    await workplace.refuses(
      ['keys', 'rotate', '--alg', 'HS256'],
      2,
      /Allowed choices are RS256, PS256, ES256, EdDSA/,
    );
    await workplace.refuses(
      ['keys', 'rotate', '--alg', 'EdDSA'],
      1,
      /^error: EdDSA is not in signingAlgorithms; add it there and start the server, which makes its first key\n$/,
    );
    assert.deepEqual(readdirSync(join(workplace.directory, 'keys')), ['0001-RS256.json']);
  });

  it('client add refuses an algorithm that is not configured, and says which ones are', async () => {
    for (const alg of ['HS512', 'none', 'ES256'])
      await workplace.refuses(
        [...add, alg],
        1,
        /^error: id_token_signed_response_alg: must be RS256, which are signingAlgorithms of the configuration, or HS256\n$/,
      );
    configure({ signingAlgorithms: ['ES256', 'EdDSA'] });
    await workplace.refuses([...add, 'PS256'], 1, /must be RS256 or ES256 or EdDSA, which/);
  });

  it('client add registers a configured one', async () => {
    const { code, stderr } = await workplace.run([...add, 'ES256', '--id', 'shop']);
    assert.deepEqual([code, stderr], [0, '']);
    const shown = (await workplace.json('client', 'show', 'shop')) as Record<string, unknown>;
    assert.equal(shown.id_token_signed_response_alg, 'ES256');
  });

  it('config check and serve refuse to leave it out while a client is registered for it', async () => {
    configure({ signingAlgorithms: ['EdDSA'], management: { port: 0 } });
    const sentence =
      'signingAlgorithms: ES256 is missing, and clients are registered for it (id_token_signed_response_alg): shop; add it, or change them with `signet client update`';
    const [checked, served] = await Promise.all([
      workplace.run(['config', 'check']),
      workplace.run(['serve'], { env: { SIGNET_PORT: '0', SIGNET_ISSUER: 'http://localhost:3000' } }),
    ]);
    assert.deepEqual([checked.code, checked.stderr], [1, `error: ${sentence}\n`]);
    assert.deepEqual([served.code, served.stderr], [1, `error: ${sentence}\n`]);
  });

  it('config check refuses declared clients and APIs with an algorithm that is not configured', async () => {
    const api = { audience: 'https://api.example', name: 'API', scopes: { read: 'Read' } };
    configure({
      signingAlgorithms: ['ES256'],
      apis: [{ ...api, signingAlgorithm: 'EdDSA' }],
      clients: [
        {
          client_id: 'app',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://localhost/cb'],
          id_token_signed_response_alg: 'EdDSA',
        },
      ],
    });
    const { code, stderr } = await workplace.run(['config', 'check', '--offline']);
    assert.equal(code, 1);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'error:',
      '  apis: signingAlgorithm of https://api.example is EdDSA, which is not one of signingAlgorithms: RS256, ES256',
      '  clients.app.id_token_signed_response_alg: must be RS256 or ES256, which are signingAlgorithms of the configuration, or HS256',
    ]);
  });

  it('config check reports an unknown algorithm once', async () => {
    configure({
      signingAlgorithms: ['RS256', 'HS256'],
      clients: [
        {
          client_id: 'app',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://localhost/cb'],
          id_token_signed_response_alg: 'ES256',
        },
      ],
    });
    const { code, stderr } = await workplace.run(['config', 'check', '--offline']);
    assert.deepEqual(
      [code, stderr],
      [1, 'error: signingAlgorithms.1: expected RS256 or PS256 or ES256 or EdDSA\n'],
    );
  });
});
