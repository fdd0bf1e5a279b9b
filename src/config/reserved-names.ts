/**
 * Names of the properties of `Object.prototype`. With such a name as the key of a plain object, a look-up finds the inherited property, and an
 * assignment may change it for the whole process (prototype pollution). So they are rejected as identifiers.
 */

const RESERVED: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}

/**
 * The reserved keys in plain values (JSON, YAML), at any depth.
 * @param seen ends a cycle: with an alias in YAML, an object can contain itself
 * @returns the paths: `['apis', '0', 'scopes', 'constructor']`
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
 * A second defence against prototype pollution, for the whole process: `Object.prototype` gets no new properties, and `__proto__` is an ordinary
 * key. Object literals and `Object.setPrototypeOf` do not need the accessor.
 */
export function closeObjectPrototype(): void {
  Reflect.deleteProperty(Object.prototype, '__proto__');
  Object.preventExtensions(Object.prototype);
}
