/** Searches text for secrets: plain, and encoded in base64, hex or a URL. */

export interface Secret {
  /** For instance `refresh_token`. */
  kind: string;
  value: string;
}

/** Characters of an encoded secret that are looked up at each position of a text; shorter values are no secrets. */
const PREFIX = 12;

/**
 * @param text any bytes as latin1
 * @returns kind and encoding of each secret in it: `password as hex`
 */
export function findSecrets(text: string, secrets: Iterable<Secret>): string[] {
  const byPrefix = new Map<string, { form: string; name: string }[]>();
  for (const { kind, value } of secrets) {
    for (const [encoding, form] of formsOf(value)) {
      if (form.length < PREFIX) continue;
      const prefix = form.slice(0, PREFIX);
      const name = encoding === 'plain' ? kind : `${kind} as ${encoding}`;
      const known = byPrefix.get(prefix);
      if (known === undefined) byPrefix.set(prefix, [{ form, name }]);
      else known.push({ form, name });
    }
  }
  const found = new Set<string>();
  for (let at = 0; at + PREFIX <= text.length; at += 1) {
    for (const { form, name } of byPrefix.get(text.slice(at, at + PREFIX)) ?? []) {
      if (text.startsWith(form, at)) found.add(name);
    }
  }
  return [...found];
}

/** @returns pairs of encoding and encoded value, each once */
function formsOf(value: string): [encoding: string, form: string][] {
  const bytes = Buffer.from(value);
  const forms: [string, string][] = [
    ['plain', bytes.toString('latin1')],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['percent-encoding', encodeURIComponent(value)],
    ['JSON', Buffer.from(JSON.stringify(value).slice(1, -1)).toString('latin1')],
    ...([0, 1, 2] as const).map((offset): [string, string] => ['base64', base64Within(bytes, offset)]),
    ...([0, 1, 2] as const).map((offset): [string, string] => [
      'base64url',
      base64Within(bytes, offset).replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ];
  // A base64url value, such as a random token, may also be stored as its bytes.
  if (/^[\w-]{22,}$/.test(value)) forms.push(['bytes', Buffer.from(value, 'base64url').toString('latin1')]);
  const seen = new Set<string>();
  return forms.filter(([, form]) => !seen.has(form) && seen.add(form));
}

/** The base64 characters that depend on these bytes only, when `offset` other bytes precede them. */
function base64Within(bytes: Buffer, offset: 0 | 1 | 2): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const shared = offset === 0 ? 0 : offset + 1;
  const whole = (offset + bytes.length) % 3 === 0;
  return text.slice(shared, whole ? undefined : -1);
}
