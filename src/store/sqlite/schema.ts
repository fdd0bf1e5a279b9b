/**
 * The tables, as the steps that create them. A released step is never edited; a change is a new step.
 *
 * `id` columns hold digests (`../sealing.ts`), times are epoch seconds except `audit.at` (epoch milliseconds).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE artifacts (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,              -- the payload, under a key that only the id yields
    expires_at INTEGER NOT NULL,
    grant_id BLOB,
    account_id TEXT,
    alias BLOB,                        -- digest of the uid or user code
    sealed_id BLOB                     -- the id, under a key that only the alias yields
  ) STRICT;
  CREATE INDEX artifacts_expires_at ON artifacts (expires_at);
  CREATE INDEX artifacts_grant_id ON artifacts (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX artifacts_account_id ON artifacts (account_id) WHERE account_id IS NOT NULL;
  CREATE INDEX artifacts_alias ON artifacts (alias) WHERE alias IS NOT NULL;

  -- A mark is a row of its own, so that destroying and writing its artifact again does not remove it.
  CREATE TABLE consumed (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX consumed_expires_at ON consumed (expires_at);

  CREATE TABLE created_once (
    id BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX created_once_expires_at ON created_once (expires_at);

  CREATE TABLE revoked_grants (
    id BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX revoked_grants_expires_at ON revoked_grants (expires_at);

  CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    claims TEXT NOT NULL,              -- JSON
    disabled INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    instance TEXT NOT NULL,
    metadata TEXT NOT NULL,            -- JSON
    secrets TEXT NOT NULL,             -- JSON, digests only
    source TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id TEXT,
    client_id TEXT,
    ip TEXT,
    trace_id TEXT,
    detail TEXT                        -- JSON
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_type ON audit (type, at);
  CREATE INDEX audit_account_id ON audit (account_id, at) WHERE account_id IS NOT NULL;
  CREATE INDEX audit_client_id ON audit (client_id, at) WHERE client_id IS NOT NULL;

  CREATE TABLE pings (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE counters (
    id BLOB PRIMARY KEY,
    count INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX counters_expires_at ON counters (expires_at);
  `,
  `
  -- Every start reads the declared clients; many more may have been added.
  CREATE INDEX clients_source ON clients (source, id);
  `,
  `
  -- The email address in the form in which it is compared (../email-key.ts).
  ALTER TABLE accounts ADD COLUMN email TEXT;
  UPDATE accounts SET email = email_key(json_extract(claims, '$.email'));
  CREATE INDEX accounts_email ON accounts (email) WHERE email IS NOT NULL;
  `,
  `
  -- JSON; NULL where the type of the event implies it.
  ALTER TABLE audit ADD COLUMN actor TEXT;
  ALTER TABLE audit ADD COLUMN target TEXT;
  `,
  `
  -- The answer of a request that consumed an artifact, under the id of the artifact.
  CREATE TABLE answers (
    id BLOB PRIMARY KEY,
    sealed BLOB NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_expires_at ON answers (expires_at);
  `,
  `
  -- Keys of algorithms other than RS256 (../port/signing-keys.ts).
  CREATE TABLE other_signing_keys (
    kid TEXT PRIMARY KEY,
    alg TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE VIEW all_signing_keys AS
    SELECT kid, NULL AS alg, sealed, created_at FROM signing_keys
    UNION ALL SELECT kid, alg, sealed, created_at FROM other_signing_keys;
  `,
  `
  -- What a search for accounts finds. The terms of an account are also in its row, each after a line break; NULL while the account is
  -- not in these tables. Those that exist are added when the database is opened (account-index.ts).
  ALTER TABLE accounts ADD COLUMN terms TEXT;
  CREATE TABLE account_terms (
    term TEXT NOT NULL,
    username TEXT NOT NULL,
    PRIMARY KEY (term, username)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE account_groups (
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    PRIMARY KEY (name, username)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX accounts_disabled ON accounts (username) WHERE disabled = 1;
  CREATE INDEX accounts_not_indexed ON accounts (terms) WHERE terms IS NULL;
  `,
  `
  ALTER TABLE artifacts ADD COLUMN listed TEXT;        -- JSON: what a list shows (../listing.ts)
  ALTER TABLE accounts ADD COLUMN revocations TEXT;    -- JSON
  `,
  `
  -- Codes and tokens under a grant are found by that grant: an index touches a page for each of them.
  DROP INDEX artifacts_account_id;
  CREATE INDEX artifacts_of_account ON artifacts (account_id)
    WHERE account_id IS NOT NULL AND (grant_id IS NULL OR kind = 'Grant');
  `,
  `
  ALTER TABLE clients ADD COLUMN registration TEXT;    -- JSON, of a client that registered itself
  `,
  `
  -- The outbox (../port/jobs.ts).
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id TEXT,
    client_id TEXT,
    sealed TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    claim TEXT,
    reason TEXT
  ) STRICT;
  CREATE INDEX jobs_due ON jobs (state, due_at);
  CREATE INDEX jobs_since ON jobs (since) WHERE state = 'waiting';
  CREATE INDEX jobs_created ON jobs (created_at, id);
  CREATE INDEX jobs_client ON jobs (client_id) WHERE client_id IS NOT NULL;
  `,
  `
  ALTER TABLE accounts ADD COLUMN details TEXT;        -- JSON (../port/account-details.ts)
  `,
];
