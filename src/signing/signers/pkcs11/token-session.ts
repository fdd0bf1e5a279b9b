import { hash, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import type { Pkcs11Uri } from '../../../config/pkcs11-uri.ts';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from '../../algorithms.ts';
import {
  attributes,
  CKF,
  CKO,
  CKU,
  type Cryptoki,
  type Handle,
  readAttributes,
  type Template,
} from './cryptoki.ts';
import { findToken, TokenProblem } from './find-token.ts';
import { MAX_SIGNATURE_BYTES, TOKEN_ALGORITHMS } from './mechanisms.ts';

/** The public half of a key pair on the token. `id` is its CKA_ID in hexadecimal. */
export interface TokenKey {
  id: string;
  publicJwk: JWK;
}

const ID_BYTES = 16;

/** CKA_ID in hexadecimal, and label. */
export interface KeyNames {
  id?: string | undefined;
  label?: string | undefined;
}

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

  /** @returns the raw signature, as it is in a JWS */
  sign(alg: SigningAlgorithm, id: string, data: Uint8Array): Uint8Array {
    const session = this.#open();
    const { sign, digest } = TOKEN_ALGORITHMS[alg];
    const input = digest === undefined ? Buffer.from(data) : hash(digest, data, 'buffer');
    this.#cryptoki.C_SignInit(session, sign, this.#privateKey(alg, id));
    return this.#cryptoki.C_Sign(session, input, Buffer.alloc(MAX_SIGNATURE_BYTES));
  }

  /** Has the token generate a key pair whose private half cannot be extracted. */
  generate(alg: SigningAlgorithm, label: string): TokenKey {
    const id = randomBytes(ID_BYTES);
    const both: Template = { TOKEN: true, LABEL: label, ID: id };
    const { generate, template } = TOKEN_ALGORITHMS[alg];
    const { publicKey } = this.#cryptoki.C_GenerateKeyPair(
      this.#open(),
      generate,
      attributes({ ...both, VERIFY: true, ...template }),
      attributes({ ...both, PRIVATE: true, SENSITIVE: true, EXTRACTABLE: false, SIGN: true }),
    );
    return { id: id.toString('hex'), publicJwk: this.#publicJwk(alg, publicKey) };
  }

  /**
   * Finds the one key pair for an algorithm with this CKA_ID, this label, or both.
   * @throws TokenProblem when no key pair matches, or several do
   */
  find(alg: SigningAlgorithm, { id, label }: KeyNames): TokenKey {
    const { keyType, keyName, isInPrivateKey } = TOKEN_ALGORITHMS[alg];
    const wanted: Template = { ID: id === undefined ? undefined : Buffer.from(id, 'hex'), LABEL: label };
    const [key, ...others] = this.#objects(CKO.PRIVATE_KEY, keyType, wanted);
    const named = alg === DEFAULT_ALGORITHM ? '' : ` with the ${names({ id, label })}`;
    if (key === undefined) throw new TokenProblem(`no ${keyName} key of the token${named} matches hsm.uri`);
    if (others.length > 0)
      throw new TokenProblem(`several keys of the token${named} match hsm.uri; name one by its id`);
    const [found] = readAttributes(this.#cryptoki, this.#open(), key, ['ID']);
    if (found === undefined || found.length === 0) {
      throw new TokenProblem('the key that hsm.uri names has no CKA_ID; give it one');
    }
    const [publicKey] = this.#objects(CKO.PUBLIC_KEY, keyType, { ID: found });
    const shown = publicKey ?? (isInPrivateKey ? key : undefined);
    if (shown === undefined)
      throw new TokenProblem(`the ${keyName} key has no public key object on the token`);
    return { id: found.toString('hex'), publicJwk: this.#publicJwk(alg, shown) };
  }

  /** Destroys both halves of a key pair. */
  destroy(id: string): void {
    const wanted: Template = { ID: Buffer.from(id, 'hex') };
    for (const kind of [CKO.PRIVATE_KEY, CKO.PUBLIC_KEY]) {
      for (const object of this.#objects(kind, undefined, wanted))
        this.#cryptoki.C_DestroyObject(this.#open(), object);
    }
    this.#privateKeys.delete(id);
  }

  #open(): Handle {
    if (this.#session === undefined) throw new TokenProblem('there is no session with the token');
    return this.#session;
  }

  #privateKey(alg: SigningAlgorithm, id: string): Handle {
    const cached = this.#privateKeys.get(id);
    if (cached !== undefined) return cached;
    const [key] = this.#objects(CKO.PRIVATE_KEY, TOKEN_ALGORITHMS[alg].keyType, {
      ID: Buffer.from(id, 'hex'),
    });
    if (key === undefined) throw new TokenProblem(`the key with the CKA_ID ${id} is not on the token`);
    this.#privateKeys.set(id, key);
    return key;
  }

  /** @returns at most two objects: enough to see that a name is ambiguous */
  #objects(kind: number, keyType: number | undefined, wanted: Template): Handle[] {
    const session = this.#open();
    this.#cryptoki.C_FindObjectsInit(session, attributes({ CLASS: kind, KEY_TYPE: keyType, ...wanted }));
    try {
      return this.#cryptoki.C_FindObjects(session, 2);
    } finally {
      this.#cryptoki.C_FindObjectsFinal(session);
    }
  }

  #publicJwk(alg: SigningAlgorithm, key: Handle): JWK {
    const { publicAttributes, toJwk } = TOKEN_ALGORITHMS[alg];
    const values = readAttributes(this.#cryptoki, this.#open(), key, publicAttributes);
    if (values.length < publicAttributes.length) {
      throw new TokenProblem('the token does not show the public key');
    }
    return toJwk(values);
  }
}

function names({ id, label }: KeyNames): string {
  return [label === undefined ? [] : `label ${label}`, id === undefined ? [] : `id ${id}`]
    .flat()
    .join(' and ');
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
