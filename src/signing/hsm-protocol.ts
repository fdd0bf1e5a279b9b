import type { Pkcs11Uri } from '../config/pkcs11-uri.ts';

/** What the server and a thread that has a session with the HSM say to each other. */

export interface HsmThreadData {
  /** Name or path of pkcs11js. */
  binding: string;
  uri: Pkcs11Uri;
  pin: string;
}

/** A method of Pkcs11Session, and its arguments. */
export interface HsmRequest {
  number: number;
  method: 'open' | 'close' | 'finalize' | 'sign' | 'generate' | 'find' | 'destroy';
  argument: readonly unknown[];
}

export type HsmAnswer = { number: number } & ({ result: unknown } | { failure: HsmFailure });

export interface HsmFailure {
  /** `CKR_PIN_INCORRECT`, or a sentence. */
  message: string;
  /** `session`: another one may work. `problem`: what was asked for is not there, and the session is good. */
  kind: 'session' | 'problem';
}
