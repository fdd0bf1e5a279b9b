import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Authenticated encryption of key records in the store, with a key that only the operator has: AES-256-GCM. Each sealed text names the
 * master key that sealed it, so that the master key can be rotated: the first one seals, and all of them open.
 *
 * Format: `v1.<id of the master key>.<nonce>.<ciphertext>.<tag>`, the last three in base64url.
 */
export interface MasterKeys {
  /** @param context additional authenticated data: a text opens only in the context that it was sealed for */
  seal(content: string | Uint8Array, context: string): string;
  /** @throws MasterKeyError when no master key opens the text, or the text was changed */
  open(sealed: string, context: string): Buffer;
  /** Whether the text was sealed with a master key other than the first. */
  isOutdated(sealed: string): boolean;
  readonly count: number;
}

/** The message holds neither a key nor a text. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
  /** The id of the master key that sealed a text and is missing. */
  readonly missing: string | undefined;

  constructor(message: string, missing?: string) {
    super(message);
    this.missing = missing;
  }
}

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** SP 800-38D §5.2.1.1. */
const NONCE_BYTES = 12;
/** A shorter tag would be easier to guess (SP 800-38D, Appendix C). */
const TAG_BYTES = 16;

/**
 * @param value one or more keys of 32 bytes in base64, separated by commas, the current one first
 * @param use what to derive keys for from these (RFC 5869), so that what is sealed for one use opens for no other; default: the keys
 *   themselves, for signing keys
 * @throws MasterKeyError when it is something else
 */
export function parseMasterKeys(value: string, use?: string): MasterKeys {
  const keys = new Map(
    value.split(',').map((text) => {
      const [id, key] = parseMasterKey(text);
      return [id, use === undefined ? key : derive(key, use)];
    }),
  );
  const [[currentId, currentKey]] = [...keys] as [[string, Buffer]];
  return {
    seal(content, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, currentKey, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(bytesOf(content)), cipher.final()]);
      const parts = [nonce, body, cipher.getAuthTag()].map((part) => part.toString('base64url'));
      return [VERSION, currentId, ...parts].join('.');
    },
    open(sealed, context) {
      const [version, id = '', ...parts] = sealed.split('.');
      if (version !== VERSION || parts.length !== 3) throw new MasterKeyError('the sealed text is malformed');
      const key = keys.get(id);
      if (key === undefined) {
        throw new MasterKeyError(
          `the master key ${id} is missing: keep the old one after the new one until every key is sealed again`,
          id,
        );
      }
      return decrypt(key, parts, context);
    },
    count: keys.size,
    isOutdated: (sealed) => sealed.split('.')[1] !== currentId,
  };
}

/** @returns its id, which is a truncated digest, and the key */
function parseMasterKey(text: string): [id: string, key: Buffer] {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) {
    throw new MasterKeyError('the master key must be 32 bytes in base64: openssl rand -base64 32 makes one');
  }
  return [createHash('sha256').update(key).digest('hex').slice(0, 12), key];
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

function derive(key: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', use, KEY_BYTES));
}

function decrypt(key: Buffer, parts: readonly string[], context: string): Buffer {
  const [nonce, body, tag] = parts.map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer];
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(context))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    throw new MasterKeyError('the sealed text was changed, or belongs to another record');
  }
}
