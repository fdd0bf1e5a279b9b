import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { type DecryptionKeys, followDecryptionKeys } from '../../src/signing/decryption/decryption-keys.ts';
import { readDecryptionKeys, rotateDecryptionKey } from '../../src/signing/decryption/decryption-ring.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

/** Two processes: two followers of one record. */
describe('Decryption keys', () => {
  const directory = makeMemoryDirectory('decryption');
  const sealer = createSealer({ keys: join(directory, 'keys') });
  const nodes: DecryptionKeys[] = [];
  const changes: string[] = [];
  const errors: unknown[] = [];
  let now = 1_800_000_000_000;
  let store: Store;
  const options = () => ({ artifacts: store.artifacts, sealer, clock: () => now, period: 1000 });
  const follow = async (name: string): Promise<void> => {
    const node = await followDecryptionKeys({
      ...options(),
      onChange: () => void changes.push(`${name} changed`),
      onCreate: ({ alg }) => void changes.push(`${name} made ${alg}`),
      onError: (error) => void errors.push(error),
    });
    nodes.push(node);
  };
  before(async () => {
    store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock: () => now });
  });
  after(async () => {
    for (const node of nodes) node.stop();
    await store.close();
    rmSync(directory, { recursive: true });
  });
  const kids = (node: DecryptionKeys | undefined) => node?.published.map(({ kid }) => String(kid)).sort();

  it('of nodes that start at the same moment, one makes each key', async () => {
    await Promise.all([follow('a'), follow('b')]);
    const made = changes.splice(0).map((change) => change.slice(2));
    assert.deepEqual(made.sort(), ['made ECDH-ES', 'made RSA-OAEP-256']);
    assert.equal((await readDecryptionKeys(store)).length, 2);
    for (const node of nodes) await node.refresh();
    assert.deepEqual(kids(nodes[0]), kids(nodes[1]));
  });

  it('a node that meets an unknown kid reads the keys again, once in a second', async () => {
    changes.length = 0;
    const made = await rotateDecryptionKey(options(), 'ECDH-ES');
    assert.ok(made);
    assert.equal((await nodes[0]?.find('ECDH-ES', made.kid))?.length, 0, 'within the second');
    now += 1000;
    assert.equal((await nodes[0]?.find('ECDH-ES', made.kid))?.length, 1);
    assert.match(changes.join(), /^. changed$/);
    assert.equal((await nodes[0]?.find('RSA-OAEP-256', made.kid))?.length, 0);
    assert.equal((await nodes[0]?.find('ECDH-ES', undefined))?.length, 2);
    assert.ok(nodes[0]?.published.some(({ kid }) => kid === made.kid));
  });

  it('of nodes that rotate at the same moment, one does; the keys in use stay while the store fails', async () => {
    changes.length = 0;
    now += 1_000_000;
    await Promise.all(nodes.map((node) => node.refresh()));
    assert.equal(changes.filter((change) => change.includes('made')).length, 2);
    const before = kids(nodes[0]);
    const find = store.artifacts.find.bind(store.artifacts);
    store.artifacts.find = () => Promise.reject(new Error('store is down'));
    now += 1000;
    await nodes[0]?.refresh();
    store.artifacts.find = find;
    assert.equal(errors.length, 1);
    assert.deepEqual(kids(nodes[0]), before);
  });
});
