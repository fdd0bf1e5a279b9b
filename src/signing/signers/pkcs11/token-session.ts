import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import type { Pkcs11Uri } from '../../../config/pkcs11-uri.ts';
import {
  attributes,
  CKF,
  CKK,
  CKM,
  CKO,
  CKU,
  type Cryptoki,
  type Handle,
  readAttributes,
  type Template,
} from './cryptoki.ts';
import { findToken, TokenProblem } from './find-token.ts';

/** The public half of a key pair on the token. `id` is its CKA_ID in hexadecimal. */
export interface TokenKey {
  id: string;
  publicJwk: JWK;
}

/** Bytes of a signature by the largest key that is accepted, RSA with 4096 bits. */
const MAX_SIGNATURE_BYTES = 512;
const ID_BYTES = 16;

/** One PKCS#11 session. Every call blocks the thread until the token answers, so it runs in a thread of its own (`hsm-thread.ts`). */
export class TokenSession {
  readonly #cryptoki: Cryptoki;
  readonly #uri: Pkcs11Uri;
  readonly #pin: string;
  #session: Handle | undefined;
  /** CKA_ID → private key. */
  readonly #privateKeys = new Map<string, Handle>();

  constructor(cryptoki: Cryptoki, uri: Pkcs11Uri, pin: string) {
    this.#cryptoki = cryptoki;
    this.#uri = uri;
    this.#pin = pin;
  }

  /** Opens the session, and logs in unless another session of this process has. */
  open(): void {
    ignoring('CKR_CRYPTOKI_ALREADY_INITIALIZED', () =>
      this.#cryptoki.C_Initialize({ flags: CKF.OS_LOCKING_OK }),
    );
    const slot = findToken(this.#cryptoki, this.#uri.token);
    const session = this.#cryptoki.C_OpenSession(slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    this.#session = session;
    ignoring('CKR_USER_ALREADY_LOGGED_IN', () => this.#cryptoki.C_Login(session, CKU.USER, this.#pin));
  }

  /** Closes the session, in any state. */
  close(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#privateKeys.clear();
    if (session !== undefined) ignoringAll(() => this.#cryptoki.C_CloseSession(session));
  }

  /** Finalizes the library for the whole process. The next `open` initializes it again and sees the tokens of that moment. */
  finalize(): void {
    ignoringAll(() => this.#cryptoki.C_Finalize());
  }

  /** RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3). */
  sign(id: string, data: Uint8Array): Uint8Array {
    const session = this.#open();
    this.#cryptoki.C_SignInit(session, { mechanism: CKM.SHA256_RSA_PKCS }, this.#privateKey(id));
    return this.#cryptoki.C_Sign(session, Buffer.from(data), Buffer.alloc(MAX_SIGNATURE_BYTES));
  }

  /** Has the token generate a key pair whose private half cannot be extracted. */
  generate(label: string): TokenKey {
    const id = randomBytes(ID_BYTES);
    const both: Template = { TOKEN: true, LABEL: label, ID: id };
    const exponent = Buffer.from([1, 0, 1]);
    const { publicKey } = this.#cryptoki.C_GenerateKeyPair(
      this.#open(),
      { mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN },
      attributes({ ...both, VERIFY: true, MODULUS_BITS: 2048, PUBLIC_EXPONENT: exponent }),
      attributes({ ...both, PRIVATE: true, SENSITIVE: true, EXTRACTABLE: false, SIGN: true }),
    );
    return { id: id.toString('hex'), publicJwk: this.#publicJwk(publicKey) };
  }

  /**
   * Finds the one key pair with this CKA_ID, this label, or both.
   * @throws TokenProblem when no key pair matches, or several do
   */
  find({ id, label }: { id?: string | undefined; label?: string | undefined }): TokenKey {
    const wanted: Template = { ID: id === undefined ? undefined : Buffer.from(id, 'hex'), LABEL: label };
    const [key, ...others] = this.#objects(CKO.PRIVATE_KEY, wanted);
    if (key === undefined) throw new TokenProblem('no RSA key of the token matches hsm.uri');
    if (others.length > 0)
      throw new TokenProblem('several keys of the token match hsm.uri; name one by its id');
    const [found] = readAttributes(this.#cryptoki, this.#open(), key, ['ID']);
    if (found === undefined || found.length === 0) {
      throw new TokenProblem('the key that hsm.uri names has no CKA_ID; give it one');
    }
    const [publicKey] = this.#objects(CKO.PUBLIC_KEY, { ID: found });
    return { id: found.toString('hex'), publicJwk: this.#publicJwk(publicKey ?? key) };
  }

  /** Destroys both halves of a key pair. */
  destroy(id: string): void {
    const wanted: Template = { ID: Buffer.from(id, 'hex') };
    for (const kind of [CKO.PRIVATE_KEY, CKO.PUBLIC_KEY]) {
      for (const object of this.#objects(kind, wanted)) this.#cryptoki.C_DestroyObject(this.#open(), object);
    }
    this.#privateKeys.delete(id);
  }

  #open(): Handle {
    if (this.#session === undefined) throw new TokenProblem('there is no session with the token');
    return this.#session;
  }

  #privateKey(id: string): Handle {
    const cached = this.#privateKeys.get(id);
    if (cached !== undefined) return cached;
    const [key] = this.#objects(CKO.PRIVATE_KEY, { ID: Buffer.from(id, 'hex') });
    if (key === undefined) throw new TokenProblem(`the key with the CKA_ID ${id} is not on the token`);
    this.#privateKeys.set(id, key);
    return key;
  }

  /** @returns at most two objects: enough to see that a name is ambiguous */
  #objects(kind: number, wanted: Template): Handle[] {
    const session = this.#open();
    this.#cryptoki.C_FindObjectsInit(session, attributes({ CLASS: kind, KEY_TYPE: CKK.RSA, ...wanted }));
    try {
      return this.#cryptoki.C_FindObjects(session, 2);
    } finally {
      this.#cryptoki.C_FindObjectsFinal(session);
    }
  }

  /** Checks the upper bound, which `sign` depends on; `key-strength.ts` checks the rest. */
  #publicJwk(key: Handle): JWK {
    const names = ['MODULUS', 'PUBLIC_EXPONENT'] as const;
    const values = readAttributes(this.#cryptoki, this.#open(), key, names);
    const [modulus, exponent] = values.map(withoutLeadingZeros);
    if (modulus === undefined || exponent === undefined) {
      throw new TokenProblem('the token does not show the public key');
    }
    if (modulus.length > MAX_SIGNATURE_BYTES) throw new TokenProblem('the RSA key has more than 4096 bits');
    return { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  }
}

/** Base64urlUInt has the minimum number of bytes (RFC 7518 §2). */
function withoutLeadingZeros(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  return number.subarray(Math.max(start, 0));
}

function ignoring(code: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Error && error.message === code)) throw error;
  }
}

/** For clean-up: the session or the library may be gone already. */
function ignoringAll(run: () => void): void {
  try {
    run();
  } catch {
    // Nothing is left to clean up.
  }
}
