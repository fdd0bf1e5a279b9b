import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MODULE = join(import.meta.dirname, '../../src/app/young-generation.ts');
const MEBIBYTE = 1024 * 1024;

/** Creates objects of which each lives for a while, and prints the bytes of the young generation at its largest. */
const PROGRAM = `
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { limitYoungGeneration } from ${JSON.stringify(MODULE)};
limitYoungGeneration(process);
const living = [];
let largest = 0;
for (let chunk = 0; chunk < 300; chunk += 1) {
  for (let index = 0; index < 3000; index += 1) living[(chunk * 3000 + index) % 200_000] = { text: 'x' + index, list: [chunk, index] };
  await turn();
  largest = Math.max(largest, getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);
}
console.log(largest);
`;

async function largestYoungGeneration(...options: string[]): Promise<number> {
  const args = [...options, '--input-type=module', '--eval', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout) / MEBIBYTE;
}

describe('The young generation of the heap', () => {
  it('grows to 64 MiB, or to what the operator has set', async () => {
    const sizes = await Promise.all([
      largestYoungGeneration(),
      largestYoungGeneration('--max-semi-space-size=16'),
      largestYoungGeneration('--max_semi_space_size=8'),
    ]);
    assert.deepEqual(sizes, [64, 32, 16]);
  });
});
