/** One key of the ring as a store keeps it: an opaque, already encrypted record under its `kid`. */
export interface SigningKeyRecord {
  kid: string;
  /** Sealed by the signing module; a store never sees a private key. */
  sealed: string;
  createdAt: number;
}

/** Signing keys shared by many nodes. One box keeps them as files instead (`signing/`). */
export interface SigningKeyStore {
  put(key: SigningKeyRecord): Promise<void>;
  list(): Promise<SigningKeyRecord[]>;
  remove(kid: string): Promise<boolean>;
}
