import assert from 'node:assert/strict';
import type { WorkerProcesses } from '../support/worker-processes.ts';

/** A race between workers is none where only one of them was asked: each has answered token requests. */
export async function assertAllWorkersServed(primary: WorkerProcesses, workers: number): Promise<void> {
  const { text } = await primary.get('/metrics');
  const served = text.matchAll(
    /^signet_http_request_duration_seconds_count\{(?=.*route="token").*worker="(\d)"/gm,
  );
  assert.equal(new Set(Array.from(served, ([, worker]) => worker)).size, workers);
}
