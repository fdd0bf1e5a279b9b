/**
 * Names that every object inherits. Where such a name is the key of a plain object, a look-up finds what all objects share, and an
 * assignment may change it for the whole process. So no identifier that a person chooses may be one of them.
 */

const RESERVED: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}

/**
 * The reserved keys of plain values (JSON, YAML), at any depth.
 * @param seen an alias in YAML may make an object part of itself
 * @returns a path for each: `['apis', '0', 'scopes', 'constructor']`
 */
export function reservedKeys(
  value: unknown,
  path: readonly string[] = [],
  seen: Set<object> = new Set(),
): string[][] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([key, member]) =>
    isReservedName(key) ? [[...path, key]] : reservedKeys(member, [...path, key], seen),
  );
}

/**
 * Closes `Object.prototype` for the rest of the process, in case a name gets past the checks: nothing can be added to it, and
 * `__proto__` is a key like any other. Object literals and `Object.setPrototypeOf` do not need that accessor.
 */
export function closeObjectPrototype(): void {
  Reflect.deleteProperty(Object.prototype, '__proto__');
  Object.preventExtensions(Object.prototype);
}
