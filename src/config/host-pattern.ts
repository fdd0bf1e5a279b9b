import * as v from 'valibot';

/** `app.example.com`, or `*.example.com` for all names below. */
export const hostPattern = v.pipe(
  v.string(),
  v.regex(/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/, 'expected a host name in lower case, or *. before one'),
);

/** @param host of a `URL`, in lower case */
export function matchesHost(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
