import { createRequire } from 'node:module';

/**
 * The part of pkcs11js that is used here, and the numbers of PKCS#11 (v2.40) that go with it. pkcs11js is compiled where it is
 * installed, so it is no dependency: whoever has an HSM installs it, and nobody else needs a compiler.
 */

export interface Attribute {
  type: number;
  value?: Buffer | boolean | number | string;
}

export type Handle = Buffer;

/** As PKCS#11 names them. Each throws an error whose message is the name of the return value: `CKR_PIN_INCORRECT`. */
export interface Cryptoki {
  load(path: string): void;
  C_Initialize(options: { flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(withToken: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): {
    label: string;
    serialNumber: string;
    manufacturerID: string;
    model: string;
  };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Attribute[]): void;
  C_FindObjects(session: Handle, maximum: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Attribute[]): { value: Buffer }[];
  C_GenerateKeyPair(
    session: Handle,
    mechanism: { mechanism: number },
    publicKey: Attribute[],
    privateKey: Attribute[],
  ): { publicKey: Handle; privateKey: Handle };
  C_DestroyObject(session: Handle, object: Handle): void;
  C_SignInit(session: Handle, mechanism: { mechanism: number }, key: Handle): void;
  C_Sign(session: Handle, data: Buffer, signature: Buffer): Buffer;
}

export const CKF_OS_LOCKING_OK = 0x02;
export const CKF_RW_SESSION = 0x02;
export const CKF_SERIAL_SESSION = 0x04;
export const CKU_USER = 1;
export const CKO_PUBLIC_KEY = 2;
export const CKO_PRIVATE_KEY = 3;
export const CKK_RSA = 0;
export const CKM_RSA_PKCS_KEY_PAIR_GEN = 0x00;
export const CKM_SHA256_RSA_PKCS = 0x40;
export const CKA_CLASS = 0x000;
export const CKA_TOKEN = 0x001;
export const CKA_PRIVATE = 0x002;
export const CKA_LABEL = 0x003;
export const CKA_KEY_TYPE = 0x100;
export const CKA_ID = 0x102;
export const CKA_SENSITIVE = 0x103;
export const CKA_SIGN = 0x108;
export const CKA_VERIFY = 0x10a;
export const CKA_MODULUS = 0x120;
export const CKA_MODULUS_BITS = 0x121;
export const CKA_PUBLIC_EXPONENT = 0x122;
export const CKA_EXTRACTABLE = 0x162;

/**
 * @param binding name or path of the package
 * @throws Error with one sentence when it is not there, or was not compiled for this Node
 */
export function loadCryptoki(binding: string): Cryptoki {
  let loaded: { PKCS11: new () => Cryptoki };
  try {
    loaded = createRequire(import.meta.url)(binding) as typeof loaded;
  } catch (error) {
    throw new Error(
      `the package ${binding} (hsm.binding) cannot be loaded; docs/keys.md tells how to install it`,
      { cause: error },
    );
  }
  return new loaded.PKCS11();
}
