import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { figure } from '../support/reporter.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { Acknowledged } from './writing-child.ts';
import { isGrantRevoked } from './grant-probe.ts';

const WRITERS = 4;
/** Checks that write share a transaction. */
const CHECKED_AT_ONCE = 200;
const ROUNDS = process.env.LONG_TESTS === '1' ? 10 : 2;

describe('SIGKILL under load', function () {
  this.timeout(30_000 * ROUNDS);
  const path = temporaryDirectory();

  it('R08 loses no write that an SQLite store has acknowledged', async () => {
    const address = `sqlite:${path('killed.db')}`;
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const outputs = await Promise.all(
        Array.from({ length: WRITERS }, () => writeUntilKilled(address, 300 * (round + 1))),
      );
      acknowledged.push(...outputs.flat());
      const store = await openStore(address, { clock: Date.now });
      await assertKept(store, acknowledged);
      await store.close();
    }
    figure(
      `R08 SIGKILL: ${ROUNDS} × ${WRITERS} writing processes, ${acknowledged.length} acknowledged writes, none lost`,
    );
  });
});

/** @returns the lines that the process wrote before it was killed, shortly after the first `enough` */
async function writeUntilKilled(address: string, enough: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'writing-child.ts');
  const child = fork(script, [address], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let output = '';
  let lines = 0;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    lines += text.split('\n').length - 1;
    if (lines >= enough) setTimeout(() => child.kill('SIGKILL'), Math.random() * 10);
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', 'the process wrote until it was killed');
  return output.slice(0, output.lastIndexOf('\n')).split('\n');
}

async function assertKept({ artifacts }: Store, acknowledged: readonly string[]): Promise<void> {
  const find = (id: string) => artifacts.find('RefreshToken', id);
  const isKept: Record<Acknowledged, (id: string) => Promise<boolean>> = {
    // It may have been revoked: the revocation was committed but not yet acknowledged.
    written: async (id) => (await find(id))?.id === id || isGrantRevoked(artifacts, id),
    consumed: async (id) => (await find(id))?.consumed !== undefined,
    revoked: async (id) => (await find(id)) === undefined && isGrantRevoked(artifacts, id),
    once: async (id) => !(await artifacts.createOnce('ReplayDetection', id, 2 ** 40)),
  };
  const checks = new Map(Object.entries(isKept));
  const check = async (line: string): Promise<void> => {
    const [what = '', id = ''] = line.split(' ');
    assert.equal(await checks.get(what)?.(id), true, line);
  };
  for (let start = 0; start < acknowledged.length; start += CHECKED_AT_ONCE) {
    await Promise.all(acknowledged.slice(start, start + CHECKED_AT_ONCE).map(check));
  }
}
