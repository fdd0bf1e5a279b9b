import assert from 'node:assert/strict';
import { freePort } from './free-port.ts';

describe('A free port', () => {
  it('is found once in a process, although no server listens there yet', async () => {
    const ports: number[] = [];
    for (let count = 0; count < 1000; count += 1) ports.push(await freePort());
    assert.equal(new Set(ports).size, ports.length);
  });
});
