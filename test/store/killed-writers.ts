import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ArtifactStore, Store } from '../../src/store/store.ts';
import type { Acknowledged } from './writing-child.ts';
import { isGrantRevoked } from './grant-probe.ts';

/** Processes that write until they are killed, and what must be left of their writes. */

/** Checks that write share a transaction. */
const CHECKED_AT_ONCE = 200;

/** @returns the lines that the process wrote before it was killed, shortly after the first `enough` */
export async function writeUntilKilled(address: string, enough: number): Promise<string[]> {
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

/** For each part of a unit, whether it is stored. */
async function partsOfUnit(artifacts: ArtifactStore, id: string): Promise<boolean[]> {
  const parts = await Promise.all([
    artifacts.find('RefreshToken', id).then((token) => token?.consumed),
    artifacts.findAnswer('RefreshToken', id),
    artifacts.find('RefreshToken', `${id} successor`),
    artifacts.find('AccessToken', id),
  ]);
  return parts.map((part) => part !== undefined);
}

function isWhole([consumed, answered, ...written]: readonly boolean[], isAtomic: boolean): boolean {
  if (consumed !== answered) return false;
  return written.every((isWritten) => isWritten === consumed || (!isAtomic && !consumed));
}

/** @param isAtomic whether a unit that was not acknowledged is stored as a whole or not at all; otherwise it has no effect until it is whole */
export async function assertKept(
  { artifacts }: Store,
  acknowledged: readonly string[],
  isAtomic: boolean,
): Promise<void> {
  const find = (id: string) => artifacts.find('RefreshToken', id);
  const isKept: Record<Acknowledged, (id: string) => Promise<boolean>> = {
    // It may have been revoked: the revocation was committed but not yet acknowledged.
    written: async (id) => (await find(id))?.id === id || isGrantRevoked(artifacts, id),
    consumed: async (id) => (await find(id))?.consumed !== undefined,
    revoked: async (id) => (await find(id)) === undefined && isGrantRevoked(artifacts, id),
    local: async (id) => (await artifacts.find('Session', id))?.id === id,
    begun: async (id) => isWhole(await partsOfUnit(artifacts, id), isAtomic),
    redeemed: async (id) => (await partsOfUnit(artifacts, id)).every(Boolean),
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
