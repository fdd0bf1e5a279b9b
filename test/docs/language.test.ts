import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readText, repositoryFiles } from '../support/repository-files.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Words that hide the subject of a sentence, or use an everyday verb where there is a technical one (CONTRIBUTING.md, Language). */
const VAGUE_WORDS = /\b(?:nobody|whoever|somebody|goes[\s*]+on|stands)\b/gi;

/** A few are the right word: in a quotation, or in a title of a test. */
const MAX_OCCURRENCES = 10;

const isChecked = (path: string): boolean =>
  /^(?:src|docs)\//.test(path) ||
  ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'].includes(path);

/** `file:line: word` of each occurrence. `goes on` is found across the end of a line of a comment, too. */
function vagueWords(path: string, text: string): string[] {
  return [...text.matchAll(VAGUE_WORDS)].map(({ 0: word, index }) => {
    const line = text.slice(0, index).split('\n').length;
    return `${path}:${line}: ${word.replace(/[\s*]+/, ' ')}`;
  });
}

describe('The language of source and documents', () => {
  it(`has at most ${MAX_OCCURRENCES} vague words`, () => {
    const found = repositoryFiles(ROOT)
      .filter(isChecked)
      .flatMap((path) => vagueWords(path, readText(ROOT, path) ?? ''));
    assert.ok(
      found.length <= MAX_OCCURRENCES,
      `${found.length} vague words, more than ${MAX_OCCURRENCES}; name the subject and use a technical verb:\n${found.join('\n')}`,
    );
  });

  it('is checked for whole words, in any case, by line', () => {
    const text = 'The session stands.\nNobody waits.\nThe engine goes\non. Standstill, understands.';
    assert.deepEqual(vagueWords('a.md', text), ['a.md:1: stands', 'a.md:2: Nobody', 'a.md:3: goes on']);
  });
});
