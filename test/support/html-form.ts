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

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
