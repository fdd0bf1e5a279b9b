import type { Pkcs11Uri } from '../../../config/pkcs11-uri.ts';
import type { TokenSession } from './token-session.ts';

/** The messages between the server and a thread that has a session with the HSM. A call is a method of `TokenSession`. */

export interface HsmThreadData {
  /** Name or path of pkcs11js. */
  binding: string;
  uri: Pkcs11Uri;
  pin: string;
}

export type HsmMethod = keyof TokenSession;
export type HsmArguments<Method extends HsmMethod> = Parameters<TokenSession[Method]>;
export type HsmResult<Method extends HsmMethod> = ReturnType<TokenSession[Method]>;

export interface HsmRequest {
  id: number;
  method: HsmMethod;
  args: readonly unknown[];
}

export type HsmReply = { id: number } & ({ result: unknown } | { failure: HsmFailure });

export interface HsmFailure {
  /** `CKR_PIN_INCORRECT`, or a sentence. */
  message: string;
  /** `session`: the session failed, and another one may work. `problem`: the session works, and the token or the key is wrong. */
  kind: 'session' | 'problem';
}
