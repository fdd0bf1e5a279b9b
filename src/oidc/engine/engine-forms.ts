import type { PostedForm } from '../../pages/continue-page.ts';

/** The engine's page, read as a form; undefined when this is none. */
export function engineForm(body: unknown): PostedForm | undefined {
  if (typeof body !== 'string' || !body.includes('<title>Submitting Callback</title>')) return undefined;
  const [, action, content] = /<form method="post" action="([^"]*)">([^]*?)<noscript>/.exec(body) ?? [];
  if (action === undefined || content === undefined) return undefined;
  const fields = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g)];
  return {
    action: textOf(action),
    fields: fields.map(([, name = '', value = '']) => ({ name: textOf(name), value: textOf(value) })),
  };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);

function textOf(html: string): string {
  return html.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
