/** Characters. */
const MAX_LENGTH = 200;

/** A value from a request, for a message: bounded, and nothing in it can end the line. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
