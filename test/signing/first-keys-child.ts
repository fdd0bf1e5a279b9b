import { openKeyRing } from '../../src/signing/ring.ts';
import { SIGNING_ALGORITHMS } from '../../src/signing/algorithms.ts';
import { openSource } from './first-keys-source.ts';

/**
 * Makes the first keys, as a start does, and kills itself like `kill -9` at one of the writes: before it (an even number) or after it (an odd
 * number). Arguments: kind of the source, its place, master key, epoch seconds, number.
 */

const [kind = '', place = '', masterKey = '', seconds = '', dueAt = ''] = process.argv.slice(2);
let passed = 0;
const dieIfDue = (): void => {
  if (passed === Number(dueAt)) process.kill(process.pid, 'SIGKILL');
  passed += 1;
};

const clock = () => Number(seconds) * 1000;
const { source, close } = await openSource(kind, place, masterKey, clock, dieIfDue);
await openKeyRing({ source, clock, algorithms: SIGNING_ALGORITHMS, onCreate: () => {} });
await close();
