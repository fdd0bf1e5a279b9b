/** Values of files of other systems, which may have any type. */

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list; none for anything else. */
export function objectsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Empty for anything but text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** An object, or its JSON text, as Keycloak writes it. @returns undefined for anything else */
export function jsonObject(value: unknown): Record<string, unknown> | undefined {
  let parsed: unknown = value;
  try {
    if (typeof value === 'string') parsed = JSON.parse(value);
  } catch {
    return undefined;
  }
  return isObject(parsed) ? parsed : undefined;
}
