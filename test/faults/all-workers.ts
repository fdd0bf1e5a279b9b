import assert from 'node:assert/strict';
import type { WorkerProcesses } from '../support/worker-processes.ts';

/** Asserts that each worker has answered token requests: otherwise there was no race between them. */
export async function assertAllWorkersServed(primary: WorkerProcesses, workers: number): Promise<void> {
  const { text } = await primary.get('/metrics');
  const served = text.matchAll(
    /^signet_http_request_duration_seconds_count\{(?=.*route="token").*worker="(\d)"/gm,
  );
  assert.equal(new Set(Array.from(served, ([, worker]) => worker)).size, workers);
}
