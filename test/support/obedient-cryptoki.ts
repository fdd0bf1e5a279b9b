import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

/**
 * Replaces pkcs11js with a library that fails on command, for failures that SoftHSM2 cannot show: a call that hangs, a changed PIN. The
 * path of the "library" is a JSON file, read for every call: `{"hang": 3000}` in milliseconds for a signature, `{"refuse": "CKR_…"}` for every
 * signature, `login` and `generate` likewise, `{"crash": true}` for the end of its thread.
 */

interface Orders {
  hang?: number;
  refuse?: string;
  crash?: boolean;
  login?: string;
  generate?: string;
}

const HANDLE = Buffer.alloc(8);
const KEY = 'key of the obedient library';

/** Makes the RSA key of every thread that is started from now on. */
export function makeKey(): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  setEnvironmentData(KEY, privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

export class PKCS11 {
  readonly #key = createPrivateKey(getEnvironmentData(KEY) as string);
  #path = '';

  load(path: string): void {
    this.#path = path;
  }

  get #orders(): Orders {
    return JSON.parse(readFileSync(this.#path, 'utf8')) as Orders;
  }

  C_Initialize(): void {}
  C_Finalize(): void {}
  C_CloseSession(): void {}
  C_GetSlotList(): Buffer[] {
    return [HANDLE];
  }
  C_GetTokenInfo(): object {
    return { label: 'obedient', serialNumber: '1', manufacturerID: 'tests', model: '1' };
  }
  C_OpenSession(): Buffer {
    return HANDLE;
  }
  C_Login(): void {
    const { login } = this.#orders;
    if (login !== undefined) throw new Error(login);
  }
  C_FindObjectsInit(): void {}
  C_FindObjects(): Buffer[] {
    return [HANDLE];
  }
  C_FindObjectsFinal(): void {}
  C_GenerateKeyPair(): object {
    const { generate } = this.#orders;
    if (generate !== undefined) throw new Error(generate);
    return { publicKey: HANDLE, privateKey: HANDLE };
  }
  C_GetAttributeValue(): { value: Buffer }[] {
    const { n = '', e = '' } = createPublicKey(this.#key).export({ format: 'jwk' });
    return [n, e].map((text) => ({ value: Buffer.from(text, 'base64url') }));
  }
  C_SignInit(): void {
    const { refuse } = this.#orders;
    if (refuse !== undefined) throw new Error(refuse);
  }
  C_Sign(_session: Buffer, data: Buffer): Buffer {
    const { hang, crash } = this.#orders;
    if (crash === true) process.exit(1);
    if (hang !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hang);
    return sign('sha256', data, this.#key);
  }
}
