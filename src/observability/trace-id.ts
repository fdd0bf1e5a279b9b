import { randomUUID } from 'node:crypto';

/**
 * The id of a request, which its response, pages, log lines and audit events share. A UUID of version 7 (RFC 9562 §5.7) begins with its time,
 * so that the audit events of a request are found by time, without an index of ids.
 */
export function newTraceId(): string {
  const now = Date.now();
  if (now !== latest) {
    latest = now;
    const time = now.toString(16).padStart(12, '0');
    beginning = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  // The rest is random, with the variant of RFC 9562 already in its place.
  return beginning + randomUUID().slice(15);
}

/** The millisecond of the last id, and what ids begin with in it: of many requests in one, all share the work. */
let latest = -1;
let beginning = '';

/** @returns when the request of a trace id arrived, in epoch milliseconds; undefined for any other text */
export function timeOfTraceId(text: string): number | undefined {
  const [, high, low] = TRACE_ID.exec(text) ?? [];
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16);
}

const TRACE_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
