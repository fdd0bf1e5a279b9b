/** What Signet knows about one client software: the metadata that it needs, and its own settings for a person to paste. */
export interface Preset {
  /** Name of the software. */
  title: string;
  /** Metadata that differs from the defaults of a client, by registered names. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Paths of its redirect URIs below the address of the application; none for an API. */
  redirectPaths?: readonly string[];
  /** Paths of its post-logout redirect URIs. */
  postLogoutPaths?: readonly string[];
  /**
   * The client's own settings, one line each. `{issuer}`, `{client_id}`, `{client_secret}` and `{app_url}` are filled in.
   * The files that the interoperability tests run contain exactly these lines.
   */
  settings: readonly string[];
  /** `api`: it verifies access tokens and needs no client of its own. */
  role?: 'api';
}

/** The metadata of software that refreshes its tokens. */
export const CODE_AND_REFRESH = { grant_types: ['authorization_code', 'refresh_token'] };
