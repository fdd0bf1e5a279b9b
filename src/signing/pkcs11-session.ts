import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import type { Pkcs11Uri } from '../config/pkcs11-uri.ts';
import {
  type Attribute,
  CKA_CLASS,
  CKA_EXTRACTABLE,
  CKA_ID,
  CKA_KEY_TYPE,
  CKA_LABEL,
  CKA_MODULUS,
  CKA_MODULUS_BITS,
  CKA_PRIVATE,
  CKA_PUBLIC_EXPONENT,
  CKA_SENSITIVE,
  CKA_SIGN,
  CKA_TOKEN,
  CKA_VERIFY,
  CKF_OS_LOCKING_OK,
  CKF_RW_SESSION,
  CKF_SERIAL_SESSION,
  CKK_RSA,
  CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_SHA256_RSA_PKCS,
  CKO_PRIVATE_KEY,
  CKO_PUBLIC_KEY,
  CKU_USER,
  type Cryptoki,
  type Handle,
} from './pkcs11-binding.ts';
import { findToken, HsmProblem } from './pkcs11-token.ts';

/**
 * One session with a token. Every call blocks until the token has answered, which is why it lives in a thread of its own
 * (`hsm-thread.ts`).
 */

/** The public half of a pair on the token. `id` is its CKA_ID in hexadecimal digits. */
export interface TokenKey {
  id: string;
  publicJwk: JWK;
}

/** Bytes of the longest signature, of an RSA key with 4096 bits. */
const LONGEST_SIGNATURE = 512;

/** Bytes; RFC 7518 §3.3. */
const SMALLEST_MODULUS = 256;
const ID_BYTES = 16;

export class Pkcs11Session {
  readonly #cryptoki: Cryptoki;
  readonly #uri: Pkcs11Uri;
  readonly #pin: string;
  #session: Handle | undefined;
  /** CKA_ID → private key. */
  readonly #keys = new Map<string, Handle>();

  constructor(cryptoki: Cryptoki, uri: Pkcs11Uri, pin: string) {
    this.#cryptoki = cryptoki;
    this.#uri = uri;
    this.#pin = pin;
  }

  /** Opens a session, and logs in unless another session of this process has. */
  open(): void {
    ignoring('CKR_CRYPTOKI_ALREADY_INITIALIZED', () =>
      this.#cryptoki.C_Initialize({ flags: CKF_OS_LOCKING_OK }),
    );
    const slot = findToken(this.#cryptoki, this.#uri.token);
    const session = this.#cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    this.#session = session;
    ignoring('CKR_USER_ALREADY_LOGGED_IN', () => this.#cryptoki.C_Login(session, CKU_USER, this.#pin));
  }

  /** Leaves nothing open, whatever state it is in. */
  close(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#keys.clear();
    if (session !== undefined) attempt(() => this.#cryptoki.C_CloseSession(session));
  }

  /** Ends the library for the whole process: `open` begins anew, with whatever tokens there are then. */
  finalize(): void {
    attempt(() => this.#cryptoki.C_Finalize());
  }

  /** RSASSA-PKCS1-v1_5 with SHA-256, which is RS256 (RFC 7518 §3.3). */
  sign(id: string, data: Uint8Array): Uint8Array {
    const session = this.#open();
    this.#cryptoki.C_SignInit(session, { mechanism: CKM_SHA256_RSA_PKCS }, this.#privateKey(id));
    return this.#cryptoki.C_Sign(session, Buffer.from(data), Buffer.alloc(LONGEST_SIGNATURE));
  }

  /** Has the token make a pair whose private half cannot leave it. */
  generate(label: string): TokenKey {
    const id = randomBytes(ID_BYTES);
    const both: Attribute[] = [
      { type: CKA_TOKEN, value: true },
      { type: CKA_LABEL, value: label },
      { type: CKA_ID, value: id },
    ];
    const { publicKey } = this.#cryptoki.C_GenerateKeyPair(
      this.#open(),
      { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN },
      [
        ...both,
        { type: CKA_VERIFY, value: true },
        { type: CKA_MODULUS_BITS, value: 2048 },
        { type: CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      ],
      [
        ...both,
        { type: CKA_PRIVATE, value: true },
        { type: CKA_SENSITIVE, value: true },
        { type: CKA_EXTRACTABLE, value: false },
        { type: CKA_SIGN, value: true },
      ],
    );
    return { id: id.toString('hex'), publicJwk: this.#publicJwk(publicKey) };
  }

  /** Finds the one pair with this CKA_ID, this label, or both. */
  find({ id, label }: { id?: string | undefined; label?: string | undefined }): TokenKey {
    const names: Attribute[] = [
      ...(id === undefined ? [] : [{ type: CKA_ID, value: Buffer.from(id, 'hex') }]),
      ...(label === undefined ? [] : [{ type: CKA_LABEL, value: label }]),
    ];
    const [key, ...others] = this.#objects(CKO_PRIVATE_KEY, names);
    if (key === undefined) throw new HsmProblem('no RSA key of the token fits the id or object of hsm.uri');
    if (others.length > 0) throw new HsmProblem('several keys of the token fit hsm.uri; name one by its id');
    const [found] = this.#cryptoki.C_GetAttributeValue(this.#open(), key, [{ type: CKA_ID }]);
    if (found === undefined || found.value.length === 0) {
      throw new HsmProblem('the key that hsm.uri names has no CKA_ID; give it one');
    }
    const [publicKey] = this.#objects(CKO_PUBLIC_KEY, [{ type: CKA_ID, value: found.value }]);
    return { id: found.value.toString('hex'), publicJwk: this.#publicJwk(publicKey ?? key) };
  }

  /** Destroys both halves of a pair. */
  destroy(id: string): void {
    const names = [{ type: CKA_ID, value: Buffer.from(id, 'hex') }];
    for (const object of [CKO_PRIVATE_KEY, CKO_PUBLIC_KEY].flatMap((kind) => this.#objects(kind, names))) {
      this.#cryptoki.C_DestroyObject(this.#open(), object);
    }
    this.#keys.delete(id);
  }

  #open(): Handle {
    if (this.#session === undefined) throw new HsmProblem('there is no session with the token');
    return this.#session;
  }

  #privateKey(id: string): Handle {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const [key] = this.#objects(CKO_PRIVATE_KEY, [{ type: CKA_ID, value: Buffer.from(id, 'hex') }]);
    if (key === undefined) throw new HsmProblem(`the key with the CKA_ID ${id} is not on the token`);
    this.#keys.set(id, key);
    return key;
  }

  #objects(kind: number, names: Attribute[]): Handle[] {
    const session = this.#open();
    this.#cryptoki.C_FindObjectsInit(session, [
      { type: CKA_CLASS, value: kind },
      { type: CKA_KEY_TYPE, value: CKK_RSA },
      ...names,
    ]);
    try {
      return this.#cryptoki.C_FindObjects(session, 2);
    } finally {
      this.#cryptoki.C_FindObjectsFinal(session);
    }
  }

  #publicJwk(key: Handle): JWK {
    const [modulus, exponent] = this.#cryptoki
      .C_GetAttributeValue(this.#open(), key, [{ type: CKA_MODULUS }, { type: CKA_PUBLIC_EXPONENT }])
      .map(({ value }) => withoutLeadingZeros(value));
    if (modulus === undefined || exponent === undefined)
      throw new HsmProblem('the token shows no public key');
    if (modulus.length < SMALLEST_MODULUS || modulus.length > LONGEST_SIGNATURE)
      throw new HsmProblem('the RSA key must have 2048 to 4096 bits');
    return { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  }
}

/** Numbers of a JWK have no more bytes than they need (RFC 7518 §2, Base64urlUInt). */
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

/** For what may fail because it is gone already. */
function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // It is closed one way or the other.
  }
}
