import assert from 'node:assert/strict';
import type { WorkerProcesses } from '../support/worker-processes.ts';

/**
 * Asserts that each worker has answered token requests: otherwise there was no race between them.
 * @param workers 0 for a server without workers
 */
export async function assertAllWorkersServed(server: WorkerProcesses, workers: number): Promise<void> {
  const { text } = await server.get('/metrics');
  const served = text.matchAll(
    /^signet_http_request_duration_seconds_count\{(?=.*route="token")(?:.*worker="(\d)")?/gm,
  );
  assert.equal(new Set(Array.from(served, ([, worker]) => worker)).size, Math.max(workers, 1));
}
