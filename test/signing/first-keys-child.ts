import { SIGNING_ALGORITHMS } from '../../src/signing/algorithms.ts';
import { openKeyRing } from '../../src/signing/ring.ts';
import { type KeyPlace, openSource } from './first-keys-source.ts';

/** Makes the first keys, as a start does, and kills itself like `kill -9` at one of the points around its writes. */
export interface Interrupted extends KeyPlace {
  /** Epoch seconds. */
  now: number;
  /** Number of the point, from 0. */
  dueAt: number;
}

const { now, dueAt, ...place }: Interrupted = JSON.parse(process.argv[2] ?? '');
let passed = 0;
const dieIfDue = (): void => {
  if (passed === dueAt) process.kill(process.pid, 'SIGKILL');
  passed += 1;
};

const clock = () => now * 1000;
const { source, close } = await openSource(place, clock, dieIfDue);
await openKeyRing({ source, clock, algorithms: SIGNING_ALGORITHMS, onCreate: () => {} });
await close();
