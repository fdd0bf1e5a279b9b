/** Characters. */
const MAX_LENGTH = 200;

/** A value from a request for a log message or error text: as JSON, so that it cannot break the line, and cut to a maximum length. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
