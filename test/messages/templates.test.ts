import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { codeOfTemplate } from '../support/message-keys.ts';
import { isNode, literalsOf, walk } from '../support/source-tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Two words beside each other, or a word with a capital letter; not attributes and names of errors. */
const isSentence = (text: string): boolean =>
  !text.includes('=') &&
  !/^[A-Z]\w+Error$/.test(text) &&
  (/\p{L}{2} \p{L}/u.test(text) || /^\p{Lu}\p{Ll}/u.test(text.trim()));

/** Attributes whose values people read or hear. */
const READ_ATTRIBUTES =
  /\s(?:aria-label|aria-description|aria-roledescription|title|alt|placeholder|label)="([^"]+)"/g;

/** What a template shows by itself. */
function textsIn(template: string): string[] {
  const html = template.replace(/<%[^]*?%>|<!--[^]*?-->|<code[^]*?<\/code>|<style[^]*?<\/style>|&nbsp;/g, '');
  const attributes = [...html.matchAll(READ_ATTRIBUTES)].map(([, value = '']) => value);
  const content = html.replace(/<[^>]*>/g, '\n').split('\n');
  const literals = [
    ...codeOfTemplate(template)
      .join(';')
      .matchAll(/(['"`])((?:(?!\1).)*)\1/g),
  ].map(([, , literal = '']) => literal);
  return [
    ...[...attributes, ...content].filter((text) => /\p{L}{2}/u.test(text)),
    ...literals.filter(isSentence),
  ];
}

/** Literals in the data of `renderPage(ctx, page, data)` and in the `words` of a problem. */
function sentencesForPages(path: string): string[] {
  const found: string[] = [];
  const text = read(path);
  if (!/\brenderPage\(|\bwords\b/.test(text)) return found;
  const collect = (node: unknown): void =>
    walk(node, ({ type, value }) => {
      // Names of headers and codes have no space.
      if (type === 'Literal' && typeof value === 'string' && value.includes(' ') && isSentence(value))
        found.push(`${path}: ${value}`);
    });
  walk(parseSync(path, text).program, (node) => {
    if (node.type === 'Property' && isNode(node.key) && node.key.name === 'words') collect(node.value);
    if (node.type !== 'CallExpression' || !isNode(node.callee) || !Array.isArray(node.arguments)) return;
    const callee = isNode(node.callee.property) ? node.callee.property : node.callee;
    if (callee.name === 'renderPage') collect(node.arguments[2]);
  });
  return found;
}

describe('the texts of pages are in the catalogues', () => {
  for (const path of globSync('views/**/*.eta', { cwd: ROOT })) {
    it(`${path} has none of its own`, () => assert.deepEqual(textsIn(read(path)), []));
  }

  for (const path of globSync('views/**/*.js', { cwd: ROOT })) {
    it(`${path} has none of its own`, () => {
      assert.deepEqual(literalsOf(path, read(path)).filter(isSentence), []);
    });
  }

  it('code passes no sentence to a page', () => {
    const passed = globSync('src/**/*.ts', { cwd: ROOT }).flatMap((path) => sentencesForPages(path));
    assert.deepEqual(passed, []);
  });

  it('a sentence, a label and a title in code are found', () => {
    assert.deepEqual(
      textsIn('<p>Go <b>on</b></p><a aria-label="Close">×</a><% f({ title: \'One moment\' }) %>'),
      ['Close', 'Go ', 'on', 'One moment'],
    );
    assert.deepEqual(
      textsIn(`<p class="a note"><%= it.t('home.lead') %></p>(<bdi><%= it.name %></bdi>) · <!-- no -->`),
      [],
    );
  });
});
