import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeSpans, headings, tableRows } from '../support/markdown.ts';
import { repositoryFiles } from '../support/repository-files.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Some errors of the engine reach applications as they are. */
const ENGINE = dirname(fileURLToPath(import.meta.resolve('oidc-provider')));

/** Without the marks that divide a text in the source: backslashes, quotes, and the end of a line. */
const plain = (text: string): string => text.replaceAll(/\\|['"`] \+\n\s*['"`]/g, '');

function sources(root: string, folder: string): string[] {
  return repositoryFiles(root)
    .filter((path) => path.startsWith(folder) && /\.[jt]s$/.test(path))
    .map((path) => plain(readFileSync(join(root, path), 'utf8')));
}

const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const rows = headings(page).flatMap(({ text }) => tableRows(page, text));

describe('docs/errors.md', () => {
  it('has the errors as the source writes them', () => {
    const texts = [...sources(ROOT, 'src/'), ...sources(ENGINE, '')];
    // Texts with a value have an ellipsis, and their constant parts are compared.
    const errors = rows.flatMap(([error]) => codeSpans(error?.tokens ?? []));
    const parts = errors.flatMap((error) => error.split('…').map((part) => part.trim())).filter(Boolean);
    const unknown = parts.filter((part) => !texts.some((text) => text.includes(part)));
    assert.deepEqual(unknown, []);
  });

  it('has a cause and a fix for each', () => {
    assert.ok(rows.length > 30);
    for (const [error, cause, fix] of rows) assert.ok(cause?.text && fix?.text, error?.text);
  });
});
