/**
 * How durable a write is when it is acknowledged: one table for all stores.
 *
 * `durable`: its loss would be noticed for longer than a retry takes, or would make something valid that has ended. It is acknowledged when
 * it is on the disk (SQLite) or on a replica (Redis), so it survives a power failure or a failover.
 *
 * `local`: a client or a browser can ask again. It survives `kill -9`. SQLite acknowledges it after the commit, and has it on the disk
 * within about a second; in Redis the master alone acknowledges it. A power failure or a failover may lose the most recent ones.
 *
 * Whatever its kind, what ends an artifact is durable (`WRITES`): consumption, destruction, revocation. So is a unit of writes with a
 * consumption or with one durable kind, as a whole in SQLite.
 */
export type Durability = 'durable' | 'local';

/**
 * Every kind of artifact.
 *
 * `DeviceCode` and `BackchannelAuthenticationRequest`: the device or client starts again; what the person agreed to is a `Grant`.
 * `KnownDevice`: without the record, the next sign-in of the browser counts with its network, and makes a new one.
 * `ClientLogo`: it is fetched again.
 * `Confirmation`: the person asks for another code.
 * `DPoPProof` (RFC 9449 §11.1): a proof is valid for seconds, and useless without the token and its key's signature over method and URI;
 * an assertion (`ReplayDetection`, RFC 7523 §3) is a credential by itself, for minutes.
 * `DecryptionKeys`: objects that were encrypted to a lost key are lost. One record for all keys (`signing/decryption/`).
 * `Group`: one record that has the names of all groups (`accounts/groups.ts`).
 * `ImportedHashes`: one record with the costs of imported password hashes; without it, a sign-in would tell imported accounts by its time.
 * `Link`: a person has it in a mail (`accounts/links.ts`).
 * `PairwiseSalt`: one record that is never lost, because every pairwise subject follows from it.
 * `ReservedName`: a name that no other account gets for a time.
 * `SignIn`: a sign-in between its steps; the person begins again.
 * `SigningKeyNumber`: two nodes must not reserve the same number for a new key.
 */
export const ARTIFACT_KINDS = {
  AccessToken: 'local',
  AuthorizationCode: 'local',
  BackchannelAuthenticationRequest: 'local',
  ClientCredentials: 'local',
  ClientLogo: 'local',
  Confirmation: 'local',
  Consent: 'durable',
  DPoPProof: 'local',
  DecryptionKeys: 'durable',
  DeviceCode: 'local',
  Grant: 'durable',
  Group: 'durable',
  ImportedHashes: 'durable',
  InitialAccessToken: 'durable',
  Interaction: 'local',
  KnownDevice: 'local',
  Link: 'durable',
  PairwiseSalt: 'durable',
  PushedAuthorizationRequest: 'local',
  RefreshAnswer: 'durable',
  RefreshToken: 'durable',
  RegistrationAccessToken: 'durable',
  ReplayDetection: 'durable',
  ReservedName: 'durable',
  RevokedAccessToken: 'durable',
  Session: 'local',
  SignIn: 'local',
  SigningKeyNumber: 'durable',
} as const satisfies Record<string, Durability>;

/**
 * Every other write.
 *
 * Counters: a failure in the wrong moment gives an attacker a few more attempts, and attackers cannot cause one. Audit events are written
 * in batches up to a tenth of a second after the answer, so no answer can promise them. Claims of jobs, and how they ended: without the
 * record, the job is sent again.
 */
export const WRITES = {
  consumption: 'durable',
  destruction: 'durable',
  revocation: 'durable',
  account: 'durable',
  client: 'durable',
  'signing key': 'durable',
  job: 'durable',
  'claim of a job': 'local',
  counter: 'local',
  'audit event': 'local',
} as const satisfies Record<string, Durability>;

/** oidc-provider's model names, and a few of our own. */
export type ArtifactKind = keyof typeof ARTIFACT_KINDS;

export const ALL_ARTIFACT_KINDS = Object.keys(ARTIFACT_KINDS) as ArtifactKind[];
