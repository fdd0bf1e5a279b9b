import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * Encryption of what is kept where others may read it, under a key that only the operator has. AES-256-GCM; each sealed text names the
 * master key it was sealed with, so that the master key itself can be rotated: the first one seals, all of them open.
 */
export interface MasterKeys {
  /** @param context bound to the text: what was sealed for one purpose does not open for another */
  seal(text: string, context: string): string;
  /** @throws MasterKeyError when no key opens it, or it was changed */
  open(sealed: string, context: string): string;
  /** Whether it was sealed with another key than the one that seals now. */
  isOutdated(sealed: string): boolean;
}

/** The message never has a key or a text in it. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const VERSION = 'v1';

/**
 * @param value one or more keys of 32 bytes in base64, separated by commas, the current one first
 * @throws MasterKeyError when it is something else
 */
export function parseMasterKeys(value: string): MasterKeys {
  const keys = new Map(
    value.split(',').map((text) => {
      const key = Buffer.from(text.trim(), 'base64');
      if (key.length !== 32) {
        throw new MasterKeyError(
          'the master key must be 32 bytes in base64: openssl rand -base64 32 makes one',
        );
      }
      return [createHash('sha256').update(key).digest('hex').slice(0, 12), key] as const;
    }),
  );
  const [[currentId, currentKey]] = [...keys] as [[string, Buffer]];
  return {
    seal(text, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', currentKey, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      const parts = [nonce, body, cipher.getAuthTag()].map((part) => part.toString('base64url'));
      return [VERSION, currentId, ...parts].join('.');
    },
    open(sealed, context) {
      const [version, id, ...parts] = sealed.split('.');
      const key = keys.get(id ?? '');
      if (version !== VERSION || parts.length !== 3) throw new MasterKeyError('a sealed text is malformed');
      if (key === undefined) {
        throw new MasterKeyError(
          `the master key ${id} is missing: keep the old one after the new one until all is sealed anew`,
        );
      }
      const [nonce, body, tag] = parts.map((part) => Buffer.from(part, 'base64url')) as [
        Buffer,
        Buffer,
        Buffer,
      ];
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce)
          .setAAD(Buffer.from(context))
          .setAuthTag(tag);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch {
        throw new MasterKeyError('a sealed text was changed or belongs elsewhere');
      }
    },
    isOutdated: (sealed) => sealed.split('.')[1] !== currentId,
  };
}
