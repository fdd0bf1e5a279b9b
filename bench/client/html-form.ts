/** As much HTML as it takes to fill in the forms of a sign-in page. */

export interface HtmlForm {
  action: string;
  /** Names and values as a browser would send them untouched, with the first submit button that has a name. */
  fields: URLSearchParams;
}

/** The first form of a page that is sent with POST. */
export function findForm(html: string): HtmlForm | undefined {
  for (const [, tag = '', content = ''] of html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)) {
    if (attribute(tag, 'method')?.toLowerCase() !== 'post') continue;
    const fields = new URLSearchParams();
    for (const [, input = ''] of content.matchAll(/<input\b([^>]*)>/gi)) {
      const name = attribute(input, 'name');
      if (name === undefined) continue;
      const optional = /^(checkbox|radio)$/i.test(attribute(input, 'type') ?? '');
      if (optional && attribute(input, 'checked') === undefined) continue;
      fields.append(name, attribute(input, 'value') ?? (optional ? 'on' : ''));
    }
    for (const [, button = ''] of content.matchAll(/<button\b([^>]*)>/gi)) {
      const name = attribute(button, 'name');
      if (name === undefined || fields.has(name)) continue;
      fields.append(name, attribute(button, 'value') ?? '');
    }
    return { action: attribute(tag, 'action') ?? '', fields };
  }
  return undefined;
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(
    `(?:^|\\s)${name}(?:\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+)))?(?=\\s|/|$)`,
    'i',
  ).exec(tag);
  if (found === null) return undefined;
  return decodeEntities(found[1] ?? found[2] ?? found[3] ?? '');
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return NAMED[name ?? ''] ?? whole;
    },
  );
}
