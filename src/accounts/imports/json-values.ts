import { isJsonObject } from '../../config/json-object.ts';

/** Values of files of other systems, which may have any type. */

/** The objects of a list; none for anything else. */
export function objectsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
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
  return isJsonObject(parsed) ? parsed : undefined;
}
