import assert from 'node:assert/strict';
import { base64url } from 'jose';
import { Api } from './api.ts';
import { Issuer } from './issuer.ts';

type Part = 'header' | 'claims';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('resource server: tokens that parsers read differently (RFC 7493 §2)', () => {
  let issuer: Issuer;
  let api: Api;
  before(async () => {
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
  });
  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  const good = (part: Part): string =>
    JSON.stringify(part === 'header' ? issuer.goodHeader() : issuer.goodClaims());

  /** Signed by the issuer, with any content. */
  async function signed(input: string): Promise<string> {
    const { privateKey } = issuer.key;
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(input));
    return `${input}.${base64url.encode(new Uint8Array(signature))}`;
  }
  const tokenOf = (header: string | Buffer, claims: string | Buffer): Promise<string> =>
    signed(`${base64url.encode(header)}.${base64url.encode(claims)}`);
  const tokenWith = (part: Part, change: (text: string) => string | Buffer): Promise<string> =>
    part === 'header'
      ? tokenOf(change(good('header')), good('claims'))
      : tokenOf(good('header'), change(good('claims')));

  const rejected: Record<string, (text: string) => string | Buffer> = {
    'a member twice': (text) => text.replace('{', '{"x":1,"x":1,'),
    // Parsers that keep the first and those that keep the last read the same; strict parsers reject it.
    'a member that is checked twice': (text) => text.replace(/}$/, ',"typ":"at+jwt","typ":"at+jwt"}'),
    'a member twice, once escaped': (text) => text.replace('{', String.raw`{"x":1,"\u0078":1,`),
    'a member twice, with blanks around': (text) => text.replace('{', '{"x" \n: 1 , "x" : 1,'),
    'a member twice, deep inside': (text) => text.replace('{', '{"x":[{"a":{"b":1,"b":2}}],'),
    '__proto__ twice': (text) => text.replace('{', '{"__proto__":1,"__proto__":2,'),
    'a byte order mark': (text) => `\uFEFF${text}`,
    'two byte order marks': (text) => `\uFEFF\uFEFF${text}`,
    'a byte order mark at its end': (text) => `${text}\uFEFF`,
    'bytes that are not UTF-8': (text) => Buffer.from(text.replace('{', '{"x":"\u00FF",'), 'latin1'),
    'an overlong encoding': (text) => Buffer.from(text.replace('{', '{"x":"\u00C0\u0080",'), 'latin1'),
    'UTF-16': (text) => Buffer.from(text, 'utf16le'),
    'half a surrogate pair': (text) => text.replace('{', String.raw`{"x":"\ud800",`),
    'half a surrogate pair in a name': (text) => text.replace('{', String.raw`{"\udc00":1,`),
    'something behind it': (text) => `${text}{}`,
    'NUL behind it': (text) => `${text}\0`,
    'a comma at its end': (text) => text.replace(/}$/, ',}'),
    'a comment': (text) => `${text}/**/`,
    'too many brackets': (text) => text.replace('{', `{"x":${'['.repeat(3000)}${']'.repeat(2999)},`),
  };

  /** The same bytes with a spare bit set (RFC 4648 §3.5). Spare bits exist if the length is not divisible by three. */
  async function respelled(part: Part): Promise<string> {
    const parts = (['header', 'claims'] as const).map((each) => {
      const text = good(each);
      const encoded = base64url.encode(text.length % 3 === 0 ? `${text} ` : text);
      return each === part
        ? encoded.replace(/.$/, (last) => ALPHABET[ALPHABET.indexOf(last) + 1] ?? '')
        : encoded;
    });
    return await signed(parts.join('.'));
  }

  async function assertRejected(token: string): Promise<void> {
    const { status, json, headers } = await api.post(token, '{"text":"entered"}');
    assert.equal(status, 401);
    assert.equal(json.error, 'invalid_token');
    assert.match(headers['www-authenticate'] ?? '', /^Bearer error="invalid_token"/);
  }

  for (const part of ['header', 'claims'] as const) {
    for (const [what, change] of Object.entries(rejected)) {
      it(`E22 rejects ${part} with ${what}`, async () => assertRejected(await tokenWith(part, change)));
    }
    it(`E22 rejects ${part} in non-canonical base64url`, async () => assertRejected(await respelled(part)));
  }

  it('calls the handler for none of them', async () => {
    const { json } = await api.ask({ token: await issuer.token() });
    assert.deepEqual(json, { messages: [] });
    assert.deepEqual(api.errors, []);
  });

  it('accepts white space, escapes, names within values, and one name in several objects', async () => {
    const more = String.raw`{ "a\"b" : {"x":1} , "typ\u0032":"\"typ\":", "y" : [{"x":1},{"x":"\ud83d\ude00 ü"}],`;
    for (const part of ['header', 'claims'] as const) {
      const token = await tokenWith(part, (text) => `\n${text.replace('{', more)} `);
      assert.equal((await api.ask({ token })).status, 200);
    }
  });
});
