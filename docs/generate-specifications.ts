import { readFileSync, writeFileSync } from 'node:fs';
import { FEATURES } from '../src/oidc/provider.ts';
import { type Specification, SPECIFICATIONS } from './specifications.ts';

/**
 * Generates the table of `specifications.md`, and the short one of the README, from the list of features. Run it after a change of that list, of `specifications.ts` or of the
 * table of specifications in `clients.md`: `npx node docs/generate-specifications.ts`.
 */

const PAGE = new URL('specifications.md', import.meta.url);
const README = new URL('../README.md', import.meta.url);
const CLIENTS = new URL('clients.md', import.meta.url);

const BLOCK = /(?<=<!-- specifications -->\n).*?(?=<!-- end -->)/s;

/** A row of the table of specifications in `clients.md`: its name and what the server implements of it. */
const ROW = /^\| ((?:RFC|OpenID|OAuth|draft)[^|]*) \| ([^|]*) \|$/gm;

interface Row extends Specification {
  name: string;
  /** What the server implements of it. */
  words: string;
}

/**
 * Replaces the table of the page by one row for each specification of a feature.
 * @throws Error naming a specification that `specifications.ts` or `clients.md` does not have
 */
export function fillIn(page: string): string {
  const rows = readRows().map(({ name, state, words, test, page: of }) => {
    const file = test.slice(test.indexOf('/') + 1);
    return [name, state, words, `[${file}](../test/${test})`, `[${of}](${of})`];
  });
  return replaceTable(page, ['Specification', 'State', 'What Signet implements', 'Test', 'Page'], rows);
}

/** Replaces the table of the README, if it has one: the names, and in italics those that are off until they are configured. */
export function fillInReadme(readme: string): string {
  const families = Map.groupBy(readRows(), ({ name }) => KINDS[kindOf(name)]?.title);
  const rows = [...families].map(([title = '', members]) => [
    title,
    members
      .map(({ name, state, page }) => {
        const link = `[${name.replace(/^OpenID Connect /, '')}](docs/${page})`;
        return state.startsWith('off') ? `*${link}*` : link;
      })
      .join(', '),
  ]);
  const all = '[state, test and page of each](docs/specifications.md)';
  return replaceTable(readme, ['', `Specifications: ${all}; *italic*: off until configured`], rows);
}

function readRows(): Row[] {
  const clients = readFileSync(CLIENTS, 'utf8');
  const described = new Map([...clients.matchAll(ROW)].map(([, spec = '', words = '']) => [spec, words]));
  const names = [...new Set(FEATURES.flatMap(({ spec }) => spec))];
  return names.toSorted(byKindAndNumber).map((name) => {
    const words = known(described.get(name), name, 'the table of clients.md');
    return Object.assign({ name, words }, known(SPECIFICATIONS[name], name, 'specifications.ts'));
  });
}

function replaceTable(text: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return text.replace(BLOCK, () => `\n${lines.join('\n')}\n\n`);
}

function known<Value>(value: Value | undefined, name: string, where: string): Value {
  if (value === undefined) throw new Error(`${name} is not in ${where}`);
  return value;
}

const KINDS = [
  { begin: 'OpenID', title: 'OpenID Connect' },
  { begin: 'RFC', title: 'OAuth 2.0 and JOSE' },
  { begin: '', title: 'Others' },
];

function kindOf(name: string): number {
  return KINDS.findIndex(({ begin }) => name.startsWith(begin));
}

/** Those of a kind by number. */
function byKindAndNumber(a: string, b: string): number {
  return kindOf(a) - kindOf(b) || a.localeCompare(b, 'en', { numeric: true });
}

if (import.meta.main) {
  writeFileSync(PAGE, fillIn(readFileSync(PAGE, 'utf8')));
  writeFileSync(README, fillInReadme(readFileSync(README, 'utf8')));
}
