export interface ClientSecret {
  /** `sha256$<salt>$<digest>`, both base64url. The secret itself is never stored. */
  digest: string;
  /** The secret, sealed with a key that a store never sees. Only of a client whose secret is a key for HMAC. */
  sealed?: string | undefined;
  createdAt: number;
  /** Epoch seconds, absent when it does not expire. */
  expiresAt?: number | undefined;
}

export interface ClientRecord {
  /** `client_id`. */
  id: string;
  /** Random, new for every client that is created: tokens of an earlier client with the same id are not valid for this one. */
  instance: string;
  /** Client metadata by its registered names (RFC 7591 §2), without secrets. */
  metadata: Record<string, unknown>;
  /** Newest first; each one that has not expired authenticates. */
  secrets: ClientSecret[];
  /** `declared` in the configuration file and reconciled at start, `added` on the command line, or `registered` by itself (RFC 7591). */
  source: 'declared' | 'added' | 'registered';
  /** Of a client that registered itself. */
  registration?: ClientRegistration | undefined;
  createdAt: number;
  updatedAt: number;
}

/** How a client registered itself, and what it may change. `createdAt` is when. */
export interface ClientRegistration {
  /** SHA-256 of the registration access token (RFC 7592 §1.2), base64url. */
  tokenDigest: string;
  /** The network that the request came from: an IPv4 /24 or an IPv6 /48. */
  network?: string | undefined;
  /** The initial access token that was used, by its name (RFC 7591 §3). */
  initialToken?: string | undefined;
  /** What that token allowed. Absent: what the configuration allows to all. */
  terms?: RegistrationTerms | undefined;
  /** Its software statement, as a JWT, and who issued it (RFC 7591 §2.3). */
  statement?: { issuer: string; jwt: string } | undefined;
  /** Epoch seconds, a day behind at most. */
  lastUsedAt?: number | undefined;
}

/** What an initial access token allows its clients. */
export interface RegistrationTerms {
  scopes: string[];
  /** Hosts of https redirect URIs; absent: those of the configuration. */
  hosts?: string[] | undefined;
}

export type ClientChange = (current: ClientRecord) => Omit<ClientRecord, 'id'> | undefined;

/** Clients (applications). */
export interface ClientStore {
  /** @throws ConflictError when the id is taken */
  create(client: ClientRecord): Promise<void>;
  find(id: string): Promise<ClientRecord | undefined>;
  /**
   * Replaces a client in one atomic step, as `AccountStore.update` does.
   * @param change computes the new record from the current one
   */
  update(id: string, change: ClientChange): Promise<ClientRecord | undefined>;
  /** Removes a client and its jobs. @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /** Ordered by id; `after` is the last id of the page before. */
  list(page: {
    after?: string | undefined;
    limit: number;
    source?: ClientRecord['source'] | undefined;
  }): Promise<ClientRecord[]>;
}
