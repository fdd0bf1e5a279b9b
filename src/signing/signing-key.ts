import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from './algorithms.ts';

/**
 * One key that can sign. Its private half is in this process or in a device such as an HSM or a KMS; callers see only this interface.
 * `signers/` has the implementations.
 */
export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicKey: KeyObject;
  /**
   * @returns the raw signature over `data`
   * @throws SignerUnavailableError when the private half is in a device that does not answer
   */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}
