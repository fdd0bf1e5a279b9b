import { LRUCache } from 'lru-cache';
import { seal, sealingKey, unseal } from './sealing.ts';

/** Records that are kept: those of about a second on a busy server, from an authorization request to the redemption of its code. */
const MAX_RECENT = 1024;

/** Longer texts are rare, and not kept. */
const MAX_LENGTH = 4096;

/**
 * The texts of records that this process has sealed or opened a moment ago. It is no authority: a text is returned only for the same
 * sealed bytes under the same kind and id, which would be opened to the same text again. What is read comes from the store each time.
 */
export class RecentTexts {
  readonly #recent = new LRUCache<string, { sealed: Uint8Array; text: string }>({ max: MAX_RECENT });

  get size(): number {
    return this.#recent.size;
  }

  /** Seals a text that is soon to be read. */
  seal(kind: string, id: string, text: string): Buffer {
    const sealed = seal(sealingKey(kind, id), text);
    // A copy: a small buffer would keep the whole block that it was cut from.
    this.#keep(`${kind}\n${id}`, new Uint8Array(sealed), text);
    return sealed;
  }

  /** @throws StoreUnavailableError as `unseal` */
  unseal(kind: string, id: string, sealed: Uint8Array): string {
    const key = `${kind}\n${id}`;
    const known = this.#recent.get(key);
    const isSame = known !== undefined && Buffer.compare(known.sealed, sealed) === 0;
    const text = isSame ? known.text : unseal(sealingKey(kind, id), sealed);
    this.#keep(key, sealed, text);
    return text;
  }

  #keep(key: string, sealed: Uint8Array, text: string): void {
    if (text.length > MAX_LENGTH) this.#recent.delete(key);
    else this.#recent.set(key, { sealed, text });
  }
}
