import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';

/**
 * Writes until it is killed, and reports each acknowledged write on its standard output at once, one line each: `kind id`.
 */

/** What the store has acknowledged for an id. */
export type Acknowledged =
  | 'written'
  | 'consumed'
  | 'revoked'
  | 'once'
  /** A write of a local kind. */
  | 'local'
  /** A unit is about to be committed: none of it may be stored, or all of it. */
  | 'begun'
  /** A unit was committed. */
  | 'redeemed';

const WRITERS = 20;
const STANDARD_OUTPUT = 1;

const address = process.argv[2] ?? '';
const store = await openStore(address, { clock: Date.now });
const { artifacts } = store;
const expiresAt = Math.floor(Date.now() / 1000) + 3600;
process.send?.('ready');

function acknowledge(what: Acknowledged, id: string): void {
  writeSync(STANDARD_OUTPUT, `${what} ${id}\n`);
}

async function writeForEver(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = `${process.pid}-${writer}-${n}`;
    await artifacts.upsert('RefreshToken', id, { payload: { id }, expiresAt, grantId: id });
    acknowledge('written', id);
    await artifacts.upsert('Session', id, { payload: { id }, expiresAt });
    acknowledge('local', id);
    if (n % 4 === 0) {
      acknowledge('begun', id);
      const write = { payload: { id }, expiresAt };
      const answer = { payload: { id }, expiresAt };
      await artifacts.commit({
        consume: { kind: 'RefreshToken', id, answer },
        writes: [
          { kind: 'RefreshToken', id: `${id} successor`, write },
          { kind: 'AccessToken', id, write },
        ],
      });
      acknowledge('redeemed', id);
    }
    if (n % 4 === 1) {
      await artifacts.consume('RefreshToken', id);
      acknowledge('consumed', id);
    }
    if (n % 4 === 2) {
      await artifacts.revokeGrant(id, expiresAt);
      acknowledge('revoked', id);
    }
    if (n % 4 === 3) {
      await artifacts.createOnce('ReplayDetection', id, expiresAt);
      acknowledge('once', id);
    }
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeForEver(writer)));
