import { ExternalSigningKey } from 'oidc-provider';
import type { SigningKey } from '../../signing/signing-key.ts';

/** A key of the ring as the engine signs with it. */
export class RingKey extends ExternalSigningKey {
  readonly #key: SigningKey;

  constructor(key: SigningKey) {
    super();
    this.#key = key;
  }

  override get kid(): string {
    return this.#key.kid;
  }

  override get alg(): string {
    return this.#key.alg;
  }

  override keyObject() {
    return this.#key.publicKey;
  }

  override async sign(data: Uint8Array): Promise<Uint8Array> {
    return this.#key.sign(data);
  }
}
