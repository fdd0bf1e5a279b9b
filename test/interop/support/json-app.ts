import assert from 'node:assert/strict';
import type { Person } from './person.ts';

export type Json = Record<string, unknown>;

/** Opens a page of the client, also through a sign-in. @returns its JSON @throws AssertionError with the text of another page */
export async function openJson(person: Person, url: string): Promise<Json> {
  const page = await person.visit(url);
  assert.equal(page.url.origin, new URL(url).origin, `stopped at ${page.url.href}: ${textOf(page.text)}`);
  assert.equal(page.status, 200, textOf(page.text));
  return JSON.parse(page.text) as Json;
}

/** The words of a page, without its styles and tags. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<(style|script|svg)\b.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Some members of an object, for a comparison that names each. */
export function pick(object: unknown, names: readonly string[]): Json {
  const members = new Map(Object.entries(object ?? {}));
  return Object.fromEntries(names.map((name) => [name, members.get(name)]));
}
