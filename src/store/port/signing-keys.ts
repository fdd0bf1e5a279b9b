/** A signing key as a store keeps it: an opaque, already encrypted record under its `kid`. */
export interface SigningKeyRecord {
  kid: string;
  /** Sealed by the signing module; a store never sees a private key. */
  sealed: string;
  createdAt: number;
}

export type SigningKeyChange = (current: SigningKeyRecord) => Omit<SigningKeyRecord, 'kid'> | undefined;

/** Signing keys shared by many nodes. A single machine keeps them as files instead (`signing/`). */
export interface SigningKeyStore {
  put(key: SigningKeyRecord): Promise<void>;
  list(): Promise<SigningKeyRecord[]>;
  /**
   * Replaces a key in one atomic step, as `AccountStore.update` does.
   * @param change computes the new record from the current one
   * @returns whether a key was replaced
   */
  update(kid: string, change: SigningKeyChange): Promise<boolean>;
  remove(kid: string): Promise<boolean>;
}
