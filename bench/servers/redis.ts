import { findOnPath } from '../../test/support/find-or-install.ts';
import { startRedis as startServer } from '../../test/support/redis-server.ts';
import { descendantsAndSelf } from '../machine/process-tree.ts';

/** The distribution's Redis, with an AOF as production has it. */
export interface Redis {
  /** For SIGNET_STORE. */
  address: string;
  /** Processor time so far, in seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export function hasRedis(): boolean {
  return findOnPath(['redis-server']) !== undefined;
}

/** @param core which one it may use; all when absent */
export async function startRedis(core: number | undefined): Promise<Redis> {
  const server = await startServer(
    // A rewrite of the AOF would be measured too, and a run ends long before it is needed.
    { 'auto-aof-rewrite-percentage': '0' },
    core === undefined ? [] : ['taskset', '-c', `${core}`],
  );
  return {
    address: `redis://127.0.0.1:${server.port}`,
    cpuSeconds: () =>
      descendantsAndSelf(server.process.pid ?? 0).reduce((sum, entry) => sum + entry.cpuSeconds, 0),
    stop: () => server.stop(),
  };
}
