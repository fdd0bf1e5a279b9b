import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { KeySourceError } from '../../src/signing/errors.ts';
import { generateLocalKey } from '../../src/signing/signers/local.ts';
import { hsmKeys } from '../../src/signing/signers/pkcs11/hsm-keys.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import type { HsmKey } from '../../src/signing/stored-key.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

const starts = { alg: 'RS256', announcedAt: 1_800_000_000, signsFrom: 1_800_000_000 } as const;
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }) as JWK;
const WHY = 'is an RSA key of 1024 bits; at least 2048 are needed';

describe('A weak signing key', () => {
  let store: Store;
  before(async () => (store = await openStore('sqlite::memory:', { clock: Date.now })));
  after(() => store.close());
  const source = () => storedKeys(store, parseMasterKeys(randomBytes(32).toString('base64')), Date.now);

  it('is rejected when it is read from the store', async () => {
    const keys = source();
    const strong = await generateLocalKey([], starts);
    const kid = await calculateJwkThumbprint(weak);
    const key: HsmKey = { ...starts, number: 1, kid, publicJwk: weak, hsmId: 'aa' };
    await keys.create(key);
    const refusal = new KeySourceError(`the signing key ${kid} in the store ${WHY}`);
    await assert.rejects(keys.read(), refusal);
    await assert.rejects(keys.read(), refusal, 'also from the cache of results');
    await keys.remove(kid);
    await keys.create({ ...strong, number: 2 });
    assert.equal((await keys.read()).length, 1);
  });

  for (const [how, named] of [
    ['generates', undefined],
    ['holds', { label: 'by hand' }],
  ] as const) {
    it(`is rejected before its record is kept, when an HSM ${how} it`, async () => {
      const destroyed: string[] = [];
      const made = async () => ({ id: 'aa', publicJwk: weak });
      const destroy = async (id: string) => void destroyed.push(id);
      const hsm = { sign: async () => Buffer.alloc(0), generate: made, find: made, destroy };
      const keys = hsmKeys(source(), hsm, named);
      await assert.rejects(keys.make([], starts), new KeySourceError(`the key aa of the HSM ${WHY}`));
      assert.deepEqual(destroyed, named === undefined ? ['aa'] : []);
    });
  }
});
