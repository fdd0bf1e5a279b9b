import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The relative links of a Markdown file, and whether they lead anywhere. */

const LINK =
  /!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|<(?:img|a)\s[^>]*?(?:src|href)="([^"]+)"|^\[[^\]]+\]:\s+(\S+)/gm;
const HAS_SCHEME = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/**
 * One sentence per relative link whose file or heading does not exist.
 * @param root of the repository
 * @param path of the Markdown file, relative to the root
 */
export function brokenLinks(root: string, path: string): string[] {
  const text = withoutCode(readFileSync(join(root, path), 'utf8'));
  return [...text.matchAll(LINK)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .filter((link) => !HAS_SCHEME.test(link) && !leadsSomewhere(root, path, link))
    .map((link) => `${path}: ${link} leads nowhere`);
}

function leadsSomewhere(root: string, path: string, link: string): boolean {
  const [file = '', heading] = decodeURIComponent(link).split('#');
  const target = file === '' ? join(root, path) : join(root, file.startsWith('/') ? '' : dirname(path), file);
  if (!existsSync(target)) return false;
  if (heading === undefined || !target.endsWith('.md')) return true;
  return anchors(readFileSync(target, 'utf8')).has(heading);
}

/** The anchors that GitHub gives to headings: lower case, spaces to hyphens, no punctuation, `-1` and so on when repeated. */
function anchors(text: string): Set<string> {
  const found = new Set<string>();
  for (const [, title = ''] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = title.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
    const anchor = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let count = 1; found.has(unique); count += 1) unique = `${anchor}-${count}`;
    found.add(unique);
  }
  for (const [, id = ''] of text.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) found.add(id);
  return found;
}

const withoutFences = (text: string): string => text.replaceAll(/^(\s*)(```+|~~~+)[^]*?^\s*\2/gm, '');

const withoutCode = (text: string): string => withoutFences(text).replaceAll(/`[^`\n]*`/g, '');
