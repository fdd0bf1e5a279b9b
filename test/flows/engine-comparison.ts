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

/** The lines of each trace id, and how much of the log they are from. The log is long: each line is read once. */
interface Lines {
  read: number;
  readonly byTrace: Map<string, string[]>;
}

const linesOf = new WeakMap<TestServer, Lines>();

/** The log lines of a request; there is at least one. */
export function loggedOf(server: TestServer, traceId: string): object[] {
  const known = linesOf.get(server) ?? { read: 0, byTrace: new Map<string, string[]>() };
  linesOf.set(server, known);
  const { logged } = server;
  for (const line of logged.slice(known.read).split('\n')) {
    const trace = /"traceId":"([^"]+)"/.exec(line)?.[1];
    if (trace !== undefined) known.byTrace.set(trace, [...(known.byTrace.get(trace) ?? []), line]);
  }
  known.read = logged.length;
  const lines = known.byTrace.get(traceId) ?? [];
  assert.ok(lines.length > 0);
  return lines.map((line) => Object.assign(JSON.parse(line) as object, { time: 0, traceId: '', ms: 0 }));
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
