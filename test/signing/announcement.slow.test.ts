import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/signing/algorithms.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { ANNOUNCEMENT, JWKS_MAX_AGE } from '../../src/signing/key-state.ts';
import { type KeyRing, openKeyRing } from '../../src/signing/ring.ts';
import { rotate } from '../../src/signing/rotation.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import { type KeyRingWatcher, watchKeyRing } from '../../src/signing/watcher.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { recycledKey } from '../support/signing-key.ts';

/** Seconds between two steps of the clock; no divisor of the announcement period. */
const STEP = LONG ? 37 : 113;
const SETTINGS = { period: 5400, tokenLifetime: 1800 };

/** A process that serves with the keys of the source. */
interface Node {
  algorithms: readonly SigningAlgorithm[];
  ring: KeyRing;
  watcher: KeyRingWatcher;
}

/** A client or an API. It fetches the JWKS when its copy has expired, and for no other reason. */
interface Verifier {
  fetchedAt: number;
  fetch: () => void;
  keys: ReturnType<typeof createLocalJWKSet>;
}

describe('Tokens of every algorithm', function () {
  this.timeout(120_000);
  let store: Store;
  let source: KeySource;
  let now: number;
  let nodes: Node[];
  let verifiers: Verifier[];
  let verified: Record<SigningAlgorithm, number>;
  const clock = () => now * 1000;

  beforeEach(async () => {
    now = 1_800_000_000;
    nodes = [];
    verifiers = [];
    verified = { RS256: 0, PS256: 0, ES256: 0, EdDSA: 0 };
    store = await openStore('sqlite::memory:', { clock });
    const masterKeys = parseMasterKeys(randomBytes(32).toString('base64'));
    source = { ...storedKeys(store, masterKeys, clock), make: recycledKey };
  });
  afterEach(async () => {
    for (const { watcher } of nodes) watcher.stop();
    await store.close();
  });

  async function startNode(algorithms: readonly SigningAlgorithm[]): Promise<Node> {
    const ring = await openKeyRing({ source, clock, algorithms, onCreate: () => {} });
    const node: Node = {
      algorithms,
      ring,
      watcher: watchKeyRing({
        source,
        settings: { ...SETTINGS, algorithms },
        clock,
        ring,
        onChange: (next) => (node.ring = next),
        onAnnounce: () => {},
        onError: (error) => assert.fail(error as Error),
      }),
    };
    nodes.push(node);
    return node;
  }

  function startVerifier(): void {
    const index = verifiers.length;
    const verifier: Verifier = {
      fetchedAt: 0,
      keys: createLocalJWKSet({ keys: [] }),
      fetch() {
        verifier.fetchedAt = now;
        verifier.keys = createLocalJWKSet({ keys: nodes[index % nodes.length]!.ring.published.keys });
      },
    };
    verifier.fetch();
    verifiers.push(verifier);
  }

  /** Each node signs with each algorithm that it can sign with; each verifier verifies that. */
  async function use(): Promise<void> {
    for (const { ring } of nodes) {
      for (const alg of ring.algorithms) {
        const key = ring.signer(alg)!;
        const header = Buffer.from(JSON.stringify({ alg, kid: key.kid })).toString('base64url');
        const data = `${header}.e30`;
        const token = `${data}.${Buffer.from(await key.sign(Buffer.from(data))).toString('base64url')}`;
        for (const { keys } of verifiers) await compactVerify(token, keys, { algorithms: [alg] });
        verified[alg] += verifiers.length;
      }
    }
  }

  async function pass(seconds: number): Promise<void> {
    for (const end = now + seconds; now < end; ) {
      now += STEP;
      // A node reads its keys every two seconds: here one of them is a step behind.
      const [late, ...others] = nodes.toSorted(() => (now % 2 === 0 ? 1 : -1));
      for (const node of others) await node.watcher.refresh();
      await use();
      await late?.watcher.refresh();
      for (const verifier of verifiers) {
        if (now - verifier.fetchedAt >= JWKS_MAX_AGE) verifier.fetch();
      }
      await use();
    }
  }

  it('are verified by clients with a copy of the JWKS, while keys rotate and algorithms are added one node after the other', async () => {
    const first = await startNode(['RS256']);
    const second = await startNode(['RS256']);
    for (let count = 0; count < 3; count += 1) startVerifier();
    await pass(1000);
    await startNode(SIGNING_ALGORITHMS);
    await pass(STEP);
    assert.deepEqual(
      nodes.map(({ ring }) => ring.algorithms),
      [['RS256'], ['RS256'], ['RS256']],
    );
    await startNode(SIGNING_ALGORITHMS);
    for (const old of [first, second]) old.watcher.stop();
    nodes = nodes.slice(2);
    await pass(ANNOUNCEMENT + STEP);
    for (const { ring } of nodes) assert.deepEqual(ring.algorithms, [...SIGNING_ALGORITHMS]);
    for (const alg of SIGNING_ALGORITHMS) {
      const { kid } = await rotate(source, { ...SETTINGS, algorithms: SIGNING_ALGORITHMS }, now, { alg });
      await pass(ANNOUNCEMENT + STEP);
      for (const { ring } of nodes) assert.equal(ring.signer(alg)?.kid, kid);
    }
    // The scheduled rotation of each.
    const signers = nodes.map(({ ring }) => ring.algorithms.map((alg) => ring.signer(alg)?.kid));
    await pass(SETTINGS.period + ANNOUNCEMENT);
    for (const [index, { ring }] of nodes.entries()) {
      const kids = ring.algorithms.map((alg) => ring.signer(alg)?.kid);
      assert.equal(kids.filter((kid) => signers[index]?.includes(kid)).length, 0);
    }
    const counts = SIGNING_ALGORITHMS.map((alg) => `${verified[alg]} of ${alg}`).join(', ');
    figure(`signatures verified during rotations of every algorithm, with copies of the JWKS: ${counts}`);
  });
});
