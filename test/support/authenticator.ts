import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/**
 * An authenticator and the browser in front of it, in software: answers the options of a page as `navigator.credentials` does (Web
 * Authentication Level 3 §6.3, §6.5), for tests without a browser. Each answer can be told to be wrong in one way.
 */

/** What a page asks for; the members that matter here. */
export interface Asked {
  challenge: string;
  rpId?: string;
  rp?: { id?: string };
  user?: { id: string };
  allowCredentials?: unknown;
}

export interface Answer {
  /** Of the page. */
  origin?: string;
  rpId?: string;
  userVerified?: boolean;
  userPresent?: boolean;
  counter?: number;
  challenge?: string;
  crossOrigin?: boolean;
  type?: string;
  userHandle?: string | undefined;
  isBackedUp?: boolean;
  /** Attestation format and statement, as CBOR. */
  format?: string;
  statement?: Buffer;
  /** Public key, as CBOR. */
  publicKey?: Buffer;
}

export class Authenticator {
  readonly credentialId: string = randomBytes(16).toString('base64url');
  readonly #key: { publicKey: KeyObject; privateKey: KeyObject };
  readonly #origin: string;
  #userHandle: string | undefined;

  /** @param settings.rsaBits a key of RSA instead of one on P-256 */
  constructor(origin: string, { rsaBits }: { rsaBits?: number } = {}) {
    this.#origin = origin;
    this.#key =
      rsaBits === undefined
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: rsaBits });
  }

  /** Makes the key. @returns what the page posts */
  create(options: Asked, answer: Answer = {}): string {
    this.#userHandle = options.user?.id;
    const clientDataJSON = this.#clientData('webauthn.create', options, answer);
    const authData = Buffer.concat([
      this.#authenticatorData(options, answer, 0x40),
      Buffer.alloc(16),
      Buffer.from([0, 16]),
      Buffer.from(this.credentialId, 'base64url'),
      answer.publicKey ?? this.#coseKey(),
    ]);
    const { format = 'none', statement = Buffer.from([0xa0]) } = answer;
    const attestationObject = Buffer.concat([
      Buffer.from([0xa3]),
      cborText('fmt'),
      cborText(format),
      cborText('attStmt'),
      statement,
      cborText('authData'),
      cborBytes(authData),
    ]);
    return this.#json({
      clientDataJSON: clientDataJSON.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** Signs the challenge. @returns what the page posts */
  get(options: Asked, answer: Answer = {}): string {
    const clientDataJSON = this.#clientData('webauthn.get', options, answer);
    const authenticatorData = this.#authenticatorData(options, answer, 0);
    const hash = createHash('sha256').update(clientDataJSON).digest();
    const signature = sign('sha256', Buffer.concat([authenticatorData, hash]), this.#key.privateKey);
    return this.#json({
      clientDataJSON: clientDataJSON.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: 'userHandle' in answer ? answer.userHandle : this.#userHandle,
    });
  }

  /** The key for the virtual authenticator of a browser (`WebAuthn.addCredential` of the DevTools protocol). */
  exported(rpId: string) {
    const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
    return {
      credentialId: base64(this.credentialId),
      isResidentCredential: true,
      rpId,
      privateKey: this.#key.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      userHandle: base64(this.#userHandle ?? ''),
      signCount: 0,
    };
  }

  #json(response: object): string {
    const { credentialId: id } = this;
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }

  #clientData(type: string, { challenge }: Asked, answer: Answer): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: answer.type ?? type,
        challenge: answer.challenge ?? challenge,
        origin: answer.origin ?? this.#origin,
        crossOrigin: answer.crossOrigin ?? false,
      }),
    );
  }

  #authenticatorData(options: Asked, answer: Answer, moreFlags: number): Buffer {
    const { rpId = options.rpId ?? options.rp?.id ?? '', isBackedUp = false } = answer;
    const { userPresent = true, userVerified = true } = answer;
    const flags = (userPresent ? 0x01 : 0) | (userVerified ? 0x04 : 0) | (isBackedUp ? 0x18 : 0) | moreFlags;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(answer.counter ?? 0);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), counter]);
  }

  /** RFC 9053 §7.1.1, RFC 8230 §4. */
  #coseKey(): Buffer {
    const { x = '', y = '', n = '', e = '' } = this.#key.publicKey.export({ format: 'jwk' });
    if (n !== '') {
      return Buffer.concat([
        Buffer.from('a401030339010020', 'hex'),
        cborBytes(Buffer.from(n, 'base64url')),
        Buffer.from([0x21]),
        cborBytes(Buffer.from(e, 'base64url')),
      ]);
    }
    return Buffer.concat([
      Buffer.from('a501020326200121', 'hex'),
      cborBytes(Buffer.from(x, 'base64url')),
      Buffer.from([0x22]),
      cborBytes(Buffer.from(y, 'base64url')),
    ]);
  }
}

function cborText(text: string): Buffer {
  return Buffer.concat([cborHead(0x60, text.length), Buffer.from(text)]);
}

function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([cborHead(0x40, bytes.length), bytes]);
}

/** RFC 8949 §3, up to 65,535. */
function cborHead(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([major | length]);
  if (length < 256) return Buffer.from([major | 24, length]);
  return Buffer.from([major | 25, length >> 8, length & 0xff]);
}
