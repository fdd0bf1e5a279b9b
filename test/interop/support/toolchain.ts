/** What installs the packages of clients: npm, pip, apt-get, go, Maven. */
export interface Toolchain {
  /** Where the packages come from, for the table and the pages. */
  readonly ecosystem: 'npm' | 'PyPI' | 'Debian' | 'Go' | 'Maven';
  /** The command for the page with which a person installs them. */
  readonly command?: string;
  /**
   * Installs the packages once, outside of the repository.
   * @param cache a directory that is kept between runs
   * @throws MissingToolchainError when a program is missing that only the owner of the machine can install
   */
  install(cache: string): Promise<Installation>;
}

export interface Installation {
  /** Directory below which the files of a client find the packages. */
  directory: string;
  /** Package → version, the client itself first. */
  versions: Readonly<Record<string, string>>;
  /** For the processes of the client. */
  env?: Readonly<Record<string, string>>;
}

/** The client is skipped, and the table says so. */
export class MissingToolchainError extends Error {
  readonly hint: string;

  /** @param hint what to do about it, for instance `apt-get install chromium` */
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
