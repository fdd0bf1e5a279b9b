import { lexer, type Token, type Tokens } from 'marked';

/** Parts of a Markdown page, read with a parser of GitHub Flavored Markdown. */

/** A token and all tokens in it, in the order of the page. */
function* allTokens(tokens: readonly Token[]): Generator<Token> {
  for (const token of tokens) {
    yield token;
    if (token.type === 'table') {
      const { header, rows } = token as Tokens.Table;
      for (const cell of [...header, ...rows.flat()]) yield* allTokens(cell.tokens);
    } else if (token.type === 'list') yield* allTokens((token as Tokens.List).items);
    else yield* allTokens(('tokens' in token ? token.tokens : undefined) ?? []);
  }
}

/** Most pages are read by several tests. */
const parsed = new Map<string, readonly Token[]>();

export function tokensOf(page: string): readonly Token[] {
  const tokens = parsed.get(page) ?? [...allTokens(lexer(page))];
  parsed.set(page, tokens);
  return tokens;
}

/** The fenced code blocks with their language. */
export function codeBlocks(page: string): { language: string; text: string }[] {
  return tokensOf(page).flatMap((token) =>
    token.type === 'code'
      ? [{ language: (token as Tokens.Code).lang ?? '', text: token.text as string }]
      : [],
  );
}

/** The code spans of a page, or of a part of it. */
export function codeSpans(part: string | readonly Token[]): string[] {
  const tokens = typeof part === 'string' ? tokensOf(part) : [...allTokens(part)];
  return tokens.flatMap((token) => (token.type === 'codespan' ? [token.text as string] : []));
}

/** The lines of all code blocks, and all code spans. */
export function codeLines(page: string): string[] {
  return [...codeBlocks(page).flatMap(({ text }) => text.split('\n')), ...codeSpans(page)];
}

export interface Heading {
  depth: number;
  /** As written, with its Markdown. */
  text: string;
  /** Its text without markup. */
  plain: string;
}

export function headings(page: string): Heading[] {
  return tokensOf(page).flatMap((token) =>
    token.type === 'heading' ? [headingOf(token as Tokens.Heading)] : [],
  );
}

function headingOf({ depth, text, tokens }: Tokens.Heading): Heading {
  const leaves = [...allTokens(tokens)].filter((token) => !('tokens' in token) && token.type !== 'html');
  return { depth, text, plain: leaves.map((token) => ('text' in token ? String(token.text) : '')).join('') };
}

export type Cell = Tokens.TableCell;

/** The rows of the tables between a heading and the next one, without the tables' own heads. */
export function tableRows(page: string, heading: string): Cell[][] {
  const tokens = lexer(page);
  const start = tokens.findIndex((token) => token.type === 'heading' && token.text === heading);
  if (start === -1) return [];
  const end = tokens.findIndex((token, index) => index > start && token.type === 'heading');
  return tokens
    .slice(start, end === -1 ? undefined : end)
    .flatMap((token) => (token.type === 'table' ? (token as Tokens.Table).rows : []));
}

/** Values of an attribute in the HTML of a page, for instance `srcset`. */
export function htmlAttributes(page: string, name: string): string[] {
  const attribute = new RegExp(`\\s${name}="([^"]+)"`, 'g');
  return tokensOf(page).flatMap((token) =>
    token.type === 'html' ? Array.from(token.raw.matchAll(attribute), ([, value = '']) => value) : [],
  );
}
