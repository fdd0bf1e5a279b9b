/** A signing key as a store keeps it: an opaque, already encrypted record under its `kid`. */
export interface SigningKeyRecord {
  kid: string;
  /**
   * Absent for RS256. Processes of version 0.1 that use the same store know no other algorithm and fail on the record of one, so a store
   * keeps the others where they do not look.
   */
  alg?: string | undefined;
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
