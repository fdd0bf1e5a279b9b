import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'valibot';
import { VARIABLES } from '../src/config/env.ts';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { schema } from '../src/config/schema.ts';

/**
 * Generates the tables of `configuration.md` from the schema, the single source of keys, types, defaults and descriptions. The text around
 * the tables is written by hand. Run it after a change of the schema: `npx node docs/generate-configuration.ts`.
 */

const PAGE = new URL('configuration.md', import.meta.url);

/** The marks around the table of a section. */
const BLOCK = /(?<=<!-- keys: (\w+) -->\n).*?(?=<!-- end -->)/gs;

/** Name of the section for the top-level keys that have no section of their own. */
const TOP = 'top';

interface Node {
  type?: string;
  description?: string;
  enum?: string[];
  format?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  additionalProperties?: unknown;
}

/**
 * Replaces the tables of the page by those of the current schema.
 * @throws Error when a section of the schema has no table on the page, or a table has no section
 */
export function fillIn(page: string): string {
  const sections = readSections();
  const filled = page.replaceAll(BLOCK, (_old, name: string) => {
    const rows = sections.get(name);
    if (rows === undefined) throw new Error(`configuration.md: ${name} is no section of the schema`);
    sections.delete(name);
    return `\n${table(rows)}\n\n`;
  });
  const [missing] = sections.keys();
  if (missing !== undefined) throw new Error(`configuration.md: there is no table of ${missing}`);
  return filled;
}

interface Row {
  path: string[];
  node: Node;
  byDefault: unknown;
}

/** Section → its keys, in the order of the schema. A list with members of any key (`clients`) is described on a page of its own. */
function readSections(): Map<string, Row[]> {
  const { properties = {} } = configJsonSchema() as Node;
  const defaults: Record<string, unknown> = parse(schema, {});
  const top: Row[] = [];
  const sections = new Map([[TOP, top]]);
  for (const [name, node] of Object.entries(properties)) {
    if (node.properties === undefined) top.push({ path: [name], node, byDefault: defaults[name] });
    const { properties: inner, additionalProperties } = node.items ?? node;
    if (inner === undefined || additionalProperties !== false) continue;
    const values = node.items === undefined ? (defaults[name] as Record<string, unknown>) : {};
    sections.set(
      name,
      Object.entries(inner).map(([key, member]) => ({
        path: [name, key],
        node: member,
        byDefault: values[key],
      })),
    );
  }
  return sections;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ path, node, byDefault }) => {
    const key = path.at(-1) as string;
    const variable = Object.keys(VARIABLES).find((name) => VARIABLES[name]?.path.join() === path.join());
    return [
      `\`${key}\`${variable === undefined ? '' : ` <br> \`${variable}\``}`,
      typeInWords(node),
      defaultInWords(node, byDefault),
      node.description ?? '',
    ];
  });
  return [['Key', 'Type', 'Default', 'Meaning'], ['---', '---', '---', '---'], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function typeInWords(node: Node): string {
  if (node.enum !== undefined) return [...new Set(node.enum.map((value) => `\`${value}\``))].join(', ');
  if (isDuration(node)) return 'duration';
  if (node.anyOf !== undefined) return node.anyOf.map(typeInWords).join(', or ');
  switch (node.type) {
    case 'integer':
      return rangeInWords(node);
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return listInWords(node.items);
    case 'object':
      return 'mapping';
    default:
      return node.format === 'uri' ? 'URL' : 'string';
  }
}

function listInWords(items: Node | undefined): string {
  if (items?.enum !== undefined) return `list of ${typeInWords(items)}`;
  return items?.type === 'string' ? 'list of strings' : 'list';
}

/** In JSON Schema every integer has a maximum; `Number.MAX_SAFE_INTEGER` means that there is none. */
function rangeInWords({ minimum, maximum }: Node): string {
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? `number, at least ${minimum}`
    : `number, ${minimum} to ${maximum}`;
}

function defaultInWords(node: Node, value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((item) => `\`${item}\``).join(', ');
  if (typeof value === 'object') return 'none';
  return `\`${isDuration(node) ? durationInWords(value as number) : (value as string | number)}\``;
}

/** A number of seconds, or a text with a unit. */
const isDuration = ({ anyOf = [] }: Node): boolean => anyOf.some(({ type }) => type === 'integer');

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** Seconds in their shortest notation: `5m`. */
function durationInWords(seconds: number): string {
  const unit = UNITS.find(([, length]) => seconds % length === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / unit[1]}${unit[0]}`;
}

if (import.meta.main) writeFileSync(PAGE, fillIn(readFileSync(PAGE, 'utf8')));
