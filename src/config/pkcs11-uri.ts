/**
 * PKCS#11 URIs (RFC 7512) of a token, optionally with a key on it: `pkcs11:token=signet?module-path=/usr/lib/pkcs11.so`. Only attributes that
 * select a token or a key are supported. The PIN is a separate setting, because URIs appear in files, logs and process lists.
 */

export interface Pkcs11Uri {
  /** Path of the vendor's library. */
  modulePath: string;
  /** Attributes of the token, all of which must match. */
  token: Readonly<Partial<Record<TokenAttribute, string>>>;
  /** An existing key pair on the token. */
  key?: { id?: string; label?: string } | undefined;
}

export type TokenAttribute = 'token' | 'serial' | 'manufacturer' | 'model' | 'slot-id';

const TOKEN_ATTRIBUTES: readonly string[] = ['token', 'serial', 'manufacturer', 'model', 'slot-id'];

/** `id` is binary; the parsed value is hexadecimal. */
const KEY_ATTRIBUTES: readonly string[] = ['id', 'object', 'type'];

/**
 * @throws Error with one sentence, which never contains the text: the text may contain a PIN
 */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  const [, path, query = ''] = /^pkcs11:([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  if (path === undefined) throw new Error('must be a PKCS#11 URI (RFC 7512), which begins with pkcs11:');
  const attributes = readAttributes(path, ';', [...TOKEN_ATTRIBUTES, ...KEY_ATTRIBUTES]);
  const { type, id, object, ...token } = Object.fromEntries(attributes);
  if (type !== undefined && decode(type) !== 'private') throw new Error('type can only be private');
  const modulePath = decode(readAttributes(query, '&', ['module-path']).get('module-path') ?? '');
  if (!modulePath.startsWith('/')) {
    throw new Error('needs ?module-path= with the absolute path of the PKCS#11 library');
  }
  if (Object.keys(token).length === 0)
    throw new Error('needs an attribute of the token, such as token=signet');
  const names = id !== undefined || object !== undefined;
  return {
    modulePath,
    token: Object.fromEntries(Object.entries(token).map(([name, value]) => [name, decode(value)])),
    ...(names && {
      key: {
        ...(id !== undefined && { id: decodeBytes(id).toString('hex') }),
        ...(object !== undefined && { label: decode(object) }),
      },
    }),
  };
}

function readAttributes(text: string, separator: string, known: readonly string[]): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const part of text.split(separator).filter((each) => each !== '')) {
    const end = part.indexOf('=');
    const name = end === -1 ? part : part.slice(0, end);
    if (name === 'pin-value' || name === 'pin-source') {
      throw new Error(`${name} is not supported; set SIGNET_HSM_PIN or SIGNET_HSM_PIN_FILE`);
    }
    if (!known.includes(name)) {
      throw new Error(`has an unsupported attribute; supported are ${known.join(', ')}`);
    }
    if (attributes.has(name)) throw new Error(`has ${name} twice`);
    attributes.set(name, part.slice(end + 1));
  }
  return attributes;
}

function decode(text: string): string {
  return decodeBytes(text).toString('utf8');
}

/** Percent-decoding into bytes, which need not be UTF-8 (RFC 7512 §2.3, `id`). */
function decodeBytes(text: string): Buffer {
  const latin1 = text.replace(/%([0-9a-fA-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new Error('has a % without two hexadecimal digits after it');
  return Buffer.from(latin1, 'latin1');
}
