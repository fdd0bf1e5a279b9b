import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { startTestServer, type TestServer } from '../support/server.ts';
import { Workplace } from './run-signet.ts';

interface ListedKey {
  kid: string;
  alg: string;
  use?: string;
  state: string;
}

describe('signet keys: keys that clients encrypt to', function () {
  this.timeout(60_000);
  let server: TestServer;
  let workplace: Workplace;
  before(async () => {
    server = await startTestServer({ requestObjects: { encryption: true } });
    workplace = new Workplace({ ownProcess: false });
    const { issuer, store, keys } = server.config;
    configure({ issuer, store, keys, requestObjects: { encryption: true } });
  });
  after(async () => {
    workplace.remove();
    await server.stop();
  });

  function configure(content: object): void {
    // JSON is YAML.
    writeFileSync(join(workplace.directory, 'signet.yaml'), JSON.stringify(content));
  }

  const listed = async (): Promise<ListedKey[]> =>
    ((await workplace.json('keys', 'list')) as ListedKey[]).filter(({ use }) => use === 'enc');

  it('list has them, and rotate and retire follow at the running server', async () => {
    const first = await listed();
    assert.deepEqual(first.map(({ alg, state }) => `${alg} ${state}`).sort(), [
      'ECDH-ES published',
      'RSA-OAEP-256 published',
    ]);
    assert.match((await workplace.run(['keys', 'list'])).stdout, /RSA-OAEP-256 +published/);
    const old = first.find(({ alg }) => alg === 'ECDH-ES');
    assert.ok(old);

    const rotated = await workplace.run(['keys', 'rotate', '--alg', 'ECDH-ES']);
    assert.deepEqual(
      [rotated.code, rotated.stdout.split('\n')[1]?.split(' ').slice(0, 3)],
      [0, [old.kid, 'decrypts', 'until']],
    );
    assert.deepEqual((await listed()).map(({ alg, state }) => `${alg} ${state}`).sort(), [
      'ECDH-ES published',
      'ECDH-ES retired',
      'RSA-OAEP-256 published',
    ]);

    const retired = await workplace.run(['keys', 'retire', old.kid, '--now']);
    assert.equal(retired.stdout, `withdrew ${old.kid}\n`);
    const after = await listed();
    assert.equal(after.length, 2);

    await server.running.followKeys();
    const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: JWK[] };
    const published = keys.filter(({ use }) => use === 'enc').map(({ kid }) => kid);
    assert.deepEqual(new Set(published), new Set(after.map(({ kid }) => kid)));
  });

  it('rotate says so when encryption is off', async () => {
    const { issuer, store, keys } = server.config;
    configure({ issuer, store, keys });
    const sentence = /there is no key for ECDH-ES: requestObjects\.encryption is off/;
    await workplace.refuses(['keys', 'rotate', '--alg', 'ECDH-ES'], 1, sentence);
  });
});
