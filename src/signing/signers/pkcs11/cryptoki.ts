import { createRequire } from 'node:module';

/**
 * The part of pkcs11js that Signet uses, with the constants of PKCS#11 v2.40, and of v3.0 for EdDSA. pkcs11js is a native addon that is compiled where it is
 * installed. It is not a dependency, so that installing Signet needs no compiler; `hsm.binding` says where it is.
 */

export interface Attribute {
  type: number;
  value?: Buffer | boolean | number | string;
}

export type Handle = Buffer;

export interface Mechanism {
  mechanism: number;
  /** As pkcs11js takes it. */
  parameter?: { type: number; hashAlg: number; mgf: number; saltLen: number };
}

/** Functions of PKCS#11 by their names. Each throws an error whose message is the return value's name, such as `CKR_PIN_INCORRECT`. */
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
    mechanism: Mechanism,
    publicKey: Attribute[],
    privateKey: Attribute[],
  ): { publicKey: Handle; privateKey: Handle };
  C_DestroyObject(session: Handle, object: Handle): void;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Sign(session: Handle, data: Buffer, signature: Buffer): Buffer;
}

export const CKF = { OS_LOCKING_OK: 0x02, RW_SESSION: 0x02, SERIAL_SESSION: 0x04 } as const;
export const CKU = { USER: 1 } as const;
export const CKO = { PUBLIC_KEY: 2, PRIVATE_KEY: 3 } as const;
export const CKK = { RSA: 0x00, EC: 0x03, EC_EDWARDS: 0x40 } as const;
export const CKM = {
  RSA_PKCS_KEY_PAIR_GEN: 0x00,
  SHA256_RSA_PKCS: 0x40,
  SHA256_RSA_PKCS_PSS: 0x43,
  SHA256: 0x250,
  EC_KEY_PAIR_GEN: 0x1040,
  ECDSA: 0x1041,
  EC_EDWARDS_KEY_PAIR_GEN: 0x1055,
  EDDSA: 0x1057,
} as const;
export const CKG = { MGF1_SHA256: 2 } as const;
/** Of pkcs11js, not of PKCS#11: the kinds of `Mechanism.parameter`. */
export const PARAMETERS = { RSA_PSS: 5 } as const;
const CKA = {
  CLASS: 0x000,
  TOKEN: 0x001,
  PRIVATE: 0x002,
  LABEL: 0x003,
  KEY_TYPE: 0x100,
  ID: 0x102,
  SENSITIVE: 0x103,
  SIGN: 0x108,
  VERIFY: 0x10a,
  MODULUS: 0x120,
  MODULUS_BITS: 0x121,
  PUBLIC_EXPONENT: 0x122,
  EXTRACTABLE: 0x162,
  EC_PARAMS: 0x180,
  EC_POINT: 0x181,
} as const;

export type AttributeName = keyof typeof CKA;
export type Template = Partial<Record<AttributeName, Attribute['value'] | undefined>>;

/** Attributes as PKCS#11 takes them, of those that have a value: `{ LABEL: 'a' }` is CKA_LABEL. */
export function attributes(template: Template): Attribute[] {
  return Object.entries(template).flatMap(([name, value]) =>
    value === undefined ? [] : [{ type: CKA[name as AttributeName], value }],
  );
}

export function readAttributes(
  cryptoki: Cryptoki,
  session: Handle,
  object: Handle,
  names: readonly AttributeName[],
): Buffer[] {
  const template = names.map((name) => ({ type: CKA[name] }));
  return cryptoki.C_GetAttributeValue(session, object, template).map(({ value }) => value);
}

/**
 * @param binding name or path of the package
 * @throws Error with one sentence when the package is missing, or was compiled for another Node
 */
export function loadCryptoki(binding: string): Cryptoki {
  let loaded: { PKCS11: new () => Cryptoki };
  try {
    loaded = createRequire(import.meta.url)(binding) as typeof loaded;
  } catch (error) {
    throw new Error(
      `the package ${binding} (hsm.binding) cannot be loaded; docs/keys.md describes its installation`,
      { cause: error },
    );
  }
  return new loaded.PKCS11();
}
