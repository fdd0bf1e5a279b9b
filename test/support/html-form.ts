import type { Asked } from './authenticator.ts';

/** A form of an HTML page, as far as the pages of these servers need it. */
export interface HtmlForm {
  action: string;
  method: string;
  /** Names and values of the inputs as the page has them; buttons are left out. */
  fields: Record<string, string>;
}

/** The first form of a page; without one, a form without an action and without fields. */
export function formOf(html: string): HtmlForm {
  const [, attributes = '', content = ''] = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html) ?? [];
  const fields: Record<string, string> = {};
  for (const [input] of content.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(input, 'name');
    if (name !== undefined) fields[name] = attribute(input, 'value') ?? '';
  }
  return {
    action: attribute(attributes, 'action') ?? '',
    method: attribute(attributes, 'method') ?? 'get',
    fields,
  };
}

/** The form of a page for passkeys, with the options that its script reads. */
export function passkeyForm(html: string): HtmlForm & { options: Asked } {
  const at = html.search(/\bdata-options=/);
  if (at === -1) throw new Error('the page has no form for passkeys');
  const form = html.slice(html.slice(0, at).lastIndexOf('<form'));
  const [tag = ''] = /<[^>]*\bdata-options=[^>]*>/.exec(form) ?? [];
  return { ...formOf(form), options: JSON.parse(attribute(tag, 'data-options') ?? '') as Asked };
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
