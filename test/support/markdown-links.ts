import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { headings, htmlAttributes, tokensOf } from './markdown.ts';

/** Checks the relative links of a Markdown file. */

const HAS_SCHEME = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/**
 * One sentence per relative link whose file or heading does not exist.
 * @param root of the repository
 * @param path of the Markdown file, relative to the root
 */
export function brokenLinks(root: string, path: string): string[] {
  return linksOf(readFileSync(join(root, path), 'utf8'))
    .filter((link) => !HAS_SCHEME.test(link) && !exists(root, path, link))
    .map((link) => `${path}: ${link} does not exist`);
}

/** Targets of links, pictures and definitions, in Markdown and in HTML. */
function linksOf(page: string): string[] {
  const inMarkdown = tokensOf(page).flatMap((token) =>
    token.type === 'link' || token.type === 'image' || token.type === 'def' ? [String(token.href)] : [],
  );
  return [...inMarkdown, ...['href', 'src', 'srcset'].flatMap((name) => htmlAttributes(page, name))];
}

function exists(root: string, path: string, link: string): boolean {
  const [file = '', heading] = decodeURIComponent(link).split('#');
  const target = file === '' ? join(root, path) : join(root, file.startsWith('/') ? '' : dirname(path), file);
  if (!existsSync(target)) return false;
  if (heading === undefined || !target.endsWith('.md')) return true;
  return anchors(readFileSync(target, 'utf8')).has(heading);
}

/** The anchors that GitHub gives to headings: lower case, spaces to hyphens, no punctuation, `-1` and so on when repeated. */
function anchors(page: string): Set<string> {
  const found = new Set<string>();
  for (const { plain } of headings(page)) {
    const anchor = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; found.has(unique); count += 1) unique = `${anchor}-${count}`;
    found.add(unique);
  }
  for (const name of ['id', 'name']) for (const id of htmlAttributes(page, name)) found.add(id);
  return found;
}
