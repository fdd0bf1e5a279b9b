import { randomUUID } from 'node:crypto';

/**
 * A new id for a request. Its response, pages, log lines and audit events share it. A UUID of version 7 (RFC 9562 §5.7) begins with the time,
 * so that the audit events of a request are found by time, without an index of ids.
 */
export function newTraceId(): string {
  const now = Date.now();
  if (now !== latest) {
    latest = now;
    const time = now.toString(16).padStart(12, '0');
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  // The rest of a version 4 UUID is random and already has the variant of RFC 9562.
  return prefix + randomUUID().slice(15);
}

/** The millisecond of the last id, and the prefix of all ids in it. */
let latest = -1;
let prefix = '';

/** @returns the time in a trace id, in epoch milliseconds; undefined for any other text */
export function timeOfTraceId(text: string): number | undefined {
  const [, high, low] = TRACE_ID.exec(text) ?? [];
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16);
}

const TRACE_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
