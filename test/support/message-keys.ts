import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { DESCRIBED_CLAIMS } from '../../src/pages/scope-descriptions.ts';
import { isNode, type Node, walk } from './source-tree.ts';

/** The keys of the catalogues, and where templates and code use them. */

const ROOT = join(import.meta.dirname, '../..');
const LOCALES = join(ROOT, 'locales');

/**
 * Keys that are made of parts, by the template literal that makes them. One that begins with an expression needs no entry: its first part is a
 * key, which is found by itself.
 */
const DYNAMIC: Readonly<Record<string, readonly string[]>> = {
  'consent.claims.${claim}.name': [...DESCRIBED_CLAIMS].map((claim) => `consent.claims.${claim}.name`),
  'consent.claims.${claim}.see': [...DESCRIBED_CLAIMS].map((claim) => `consent.claims.${claim}.see`),
  'mail.${name}.${part}': mailKeys(),
};

export const LANGUAGES = readdirSync(LOCALES);

/** Every mail, and the words for its values. */
function mailKeys(): string[] {
  const texts = JSON.parse(readFileSync(join(LOCALES, 'en/mail.json'), 'utf8')) as Record<
    string,
    string | object
  >;
  return Object.entries(texts).flatMap(([name, parts]) =>
    typeof parts === 'string' ? [] : Object.keys(parts).map((part) => `mail.${name}.${part}`),
  );
}

/** A plural form is a text of the key before it. */
export const PLURAL = /_(zero|one|two|few|many|other)$/;

/** The texts of a language by key, with plural forms. */
export function catalogueTexts(language: string): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (prefix: string, node: object): void => {
    for (const [name, value] of Object.entries(node) as [string, unknown][]) {
      if (typeof value === 'string') texts.set(`${prefix}.${name}`, value);
      else add(`${prefix}.${name}`, value as object);
    }
  };
  for (const file of readdirSync(join(LOCALES, language))) {
    const text = readFileSync(join(LOCALES, language, file), 'utf8');
    add(file.replace('.json', ''), JSON.parse(text) as object);
  }
  return texts;
}

export interface KeyUse {
  readonly file: string;
  /** As written: with its expressions, if it has any. */
  readonly key: string;
  /** Whether it is certain that it is meant as a key; other literals only look like one. */
  readonly certain: boolean;
}

/** `namespace.name`, perhaps with expressions. */
const KEY = /^[a-z]\w*(?:\.(?:\w|\$\{[^}]*\})+)+$/;

/** Literals in templates and code that look like keys. */
export function usesOfKeys(namespaces: ReadonlySet<string>): KeyUse[] {
  const isOfNamespace = (key: string): boolean => namespaces.has(key.split('.')[0] ?? '');
  return globSync('{src/**/*.ts,views/**/*.eta}', { cwd: ROOT }).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const uses = file.endsWith('.eta') ? usesInTemplate(text, isOfNamespace) : usesInCode(file, text);
    return uses
      .filter(({ key, certain }) => KEY.test(key) && (certain || isOfNamespace(key)))
      .map(({ key, certain }) => ({ file, key, certain }));
  });
}

function usesInTemplate(text: string, isOfNamespace: (key: string) => boolean): Omit<KeyUse, 'file'>[] {
  return codeOfTemplate(text).flatMap((code) =>
    [...code.matchAll(/(\bit\.(?:t|html)\(\s*)?(['"`])((?:(?!\2).)*)\2/g)].map(([, call, , key = '']) => ({
      key,
      certain: call !== undefined || isOfNamespace(key),
    })),
  );
}

function usesInCode(file: string, text: string): Omit<KeyUse, 'file'>[] {
  const uses: Omit<KeyUse, 'file'>[] = [];
  // Parsing takes longer than searching.
  if (!/\bkey\b|\bt\(|\bhtml\(/.test(text)) return uses;
  walk(parseSync(file, text).program, (node, parent, role) => {
    const key = literalOf(node, text);
    if (key === undefined) return;
    const isProperty = parent?.type === 'Property' && role === 'value' && nameOf(parent.key) === 'key';
    const isCall = parent?.type === 'CallExpression' && ['t', 'html'].includes(calleeOf(parent));
    uses.push({ key, certain: isProperty || isCall });
  });
  return uses;
}

/** The keys that a use stands for: itself, or the declared ones; undefined for one that is not declared. */
export function keysOf({ key }: Pick<KeyUse, 'key'>): readonly string[] | undefined {
  return key.includes('${') ? DYNAMIC[key] : [key];
}

export function codeOfTemplate(text: string): string[] {
  return [...text.matchAll(/<%[=~]?([^]*?)%>/g)].map(([, code = '']) => code);
}

function literalOf(node: Node, code: string): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return undefined;
  return code.slice(Number(node.start) + 1, Number(node.end) - 1);
}

function nameOf(node: unknown): unknown {
  return isNode(node) ? (node.name ?? node.value) : undefined;
}

function calleeOf({ callee }: Node): string {
  return String(isNode(callee) ? nameOf(isNode(callee.property) ? callee.property : callee) : '');
}
