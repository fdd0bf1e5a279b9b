import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { createPages } from '../../src/pages/views.ts';
import { pageSamples } from '../browser/page-samples.ts';
import { isNode, walk } from '../support/source-tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const assets = { url: (name: string) => `/assets/${name}` };
const pages = createPages({ brand: { name: 'Signet' }, development: false, assets });

const templates = globSync('views/*.eta', { cwd: ROOT })
  .map((path) => basename(path, '.eta'))
  .filter((name) => name !== 'layout');

/** Pages without a token of ours: forms of the engine, and the form that the browser passes on. */
const WITHOUT_TOKEN: ReadonlySet<string> = new Set(['logout', 'continue']);

describe('every page', () => {
  let samples: Awaited<ReturnType<typeof pageSamples>>;
  before(async () => {
    samples = await pageSamples();
  });

  it('has a template and a sample', () => {
    assert.deepEqual(new Set(Object.values(samples).map(([page]) => page)), new Set(templates));
  });

  it('has a template when the source renders it', () => {
    const rendered = globSync('src/**/*.ts', { cwd: ROOT }).flatMap((path) => renderedIn(join(ROOT, path)));
    assert.ok(rendered.length > 5);
    assert.deepEqual(
      rendered.filter((name) => !templates.includes(name)),
      [],
    );
  });

  for (const name of templates) {
    it(`${name} is a complete document, and its forms carry a token`, () => {
      const ofPage = Object.values(samples).filter(([page]) => page === name);
      assert.ok(ofPage.length > 0, `write test/pages/samples/${name}.ts`);
      for (const [page, data] of ofPage) {
        const html = pages.render(page, data);
        assert.match(html, /^<!DOCTYPE html>\n<html lang="en">/);
        assert.match(html, /<main[ >][\s\S]*<h1>[\s\S]*<\/main>/);
        assert.doesNotMatch(html, /undefined|\[object/);
        if (WITHOUT_TOKEN.has(name)) continue;
        for (const [, form = ''] of html.matchAll(/<form[^>]*method="post"[^>]*>([\s\S]*?)<\/form>/g)) {
          assert.match(form, /<input type="hidden" name="csrf" value="[^"]+">/);
        }
      }
    });
  }
});

/** The names of pages in the calls `renderPage(ctx, page, …)` of a file. */
function renderedIn(path: string): string[] {
  const names: string[] = [];
  walk(parseSync(path, readFileSync(path, 'utf8')).program, (node) => {
    if (node.type !== 'CallExpression' || !isNode(node.callee) || !Array.isArray(node.arguments)) return;
    const callee = isNode(node.callee.property) ? node.callee.property : node.callee;
    const page: unknown = node.arguments[1];
    if (callee.name === 'renderPage' && isNode(page) && typeof page.value === 'string')
      names.push(page.value);
  });
  return names;
}
