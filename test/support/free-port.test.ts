import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const [FIRST, LAST] = [19_900, 19_919];

describe('A free port', () => {
  it('is found once on the machine, although no server listens there yet', async () => {
    const ports: number[] = [];
    for (let count = 0; count < 10; count += 1) ports.push(await freePort(FIRST, LAST));
    const others = await portsOfAnotherProcess(10);
    assert.equal(new Set([...ports, ...others]).size, 20);
  });
});

async function portsOfAnotherProcess(count: number): Promise<number[]> {
  const script = `
    import { freePort } from ${JSON.stringify(import.meta.resolve('./free-port.ts'))};
    const ports = [];
    for (let count = 0; count < ${count}; count += 1) ports.push(await freePort(${FIRST}, ${LAST}));
    console.log(JSON.stringify(ports));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout) as number[];
}
