/** Sizes of SQLite's page cache, in KiB, for one connection: https://www.sqlite.org/pragma.html#pragma_cache_size */
export const CACHE = {
  /** With SQLite's own 2,000 a busy server reads each page many times from the file. */
  serving: 'PRAGMA cache_size = -8000',
  /** No page is written twice in a transaction. */
  indexing: 'PRAGMA cache_size = -131072',
  /** Rows with random ids touch pages all over the indexes; a page that does not fit into the cache is written many times. */
  loading: 'PRAGMA cache_size = -262144',
} as const;
