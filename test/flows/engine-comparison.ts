import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestServer } from '../support/server.ts';

/** What a request leaves behind, without what is unique to it: to compare the short paths in front of the engine with the engine. */

/** An error may name the trace id of its request. */
export async function responseOf(
  response: Response,
): Promise<{ status: number; headers: object; text: string }> {
  const headers = Object.fromEntries(response.headers);
  delete headers.date;
  delete headers['trace-id'];
  const text = (await response.text()).replace(traceIdOf(response), '');
  return { status: response.status, headers, text };
}

export function traceIdOf({ headers }: Response): string {
  return String(headers.get('trace-id'));
}

/** The log lines of a request; there is at least one. */
export function loggedOf(server: TestServer, traceId: string): object[] {
  const { logged } = server;
  // The log is long; the lines of a request begin at the first one that names it.
  const lines = logged
    .slice(logged.lastIndexOf('\n', logged.indexOf(traceId)) + 1)
    .split('\n')
    .filter((line) => line.includes(traceId))
    .map((line) => Object.assign(JSON.parse(line) as object, { time: 0, traceId: '', ms: 0 }));
  assert.ok(lines.length > 0);
  return lines;
}

/** The audit events of a request. They are written in batches: stop or restart the server first. */
export function auditEventsOf(server: TestServer, traceId: string): object[] {
  const database = new DatabaseSync(join(server.directory, 'signet.db'), { readOnly: true });
  const rows = database
    .prepare('SELECT type, account_id, client_id, ip, detail FROM audit WHERE trace_id = ?')
    .all(traceId);
  database.close();
  return rows;
}
