import type { Stage } from './support/stage.ts';
import type { Toolchain } from './support/toolchain.ts';

/** One client of the interoperability tests. Its page in `docs/clients` is generated from this and from its files. */
export interface InteropClient {
  /** Name of its folder, its preset and its page. */
  name: string;
  title: string;
  /** One sentence: what it is, and for whom. */
  about: string;
  /** The page of the client's documentation that the files follow. */
  documentation: string;
  toolchain: Toolchain;
  /** What a person pastes: files below `files/`, in the order of the page. They contain the `EXAMPLES`. */
  files: readonly ClientFile[];
  /** Texts of the files that are different in a run: the name of a package of which two versions are installed. */
  replace?: Readonly<Record<string, string>>;
  /** Options of `signet client add` beside the preset. */
  addOptions?: readonly string[];
  /** Entries of `apis` in `signet.yaml` that it needs. They may contain the `EXAMPLES`. */
  apis?: readonly ExampleApi[];
  /** Absent when the client's own defaults work. */
  setting?: RequiredSetting;
  /** A setting of the first of its `apis`, without which the client refuses every token. Its run shows the refusal. */
  apiSetting?: ApiSetting;
  /** It demands an issuer with https, also on localhost. */
  https?: true;
  /** What a person may see when something is wrong. */
  problems: readonly Problem[];
  /** Uses the client as a person or program would. Throws at the first answer that is not as documented. */
  run(stage: Stage): Promise<void>;
}

export interface ClientFile {
  path: string;
  /** A sentence about it for the page. */
  about: string;
  /** The page does not show it: it only serves the test. */
  hidden?: true;
}

export interface ExampleApi {
  audience: string;
  name: string;
  scopes: Readonly<Record<string, string>>;
  [member: string]: unknown;
}

/** A setting without which Signet refuses the client. */
export interface RequiredSetting {
  /** The lines of the files that are the setting, by file. The harness removes them to see the refusal. */
  lines: Readonly<Record<string, readonly string[]>>;
  /** The `error_description` that the client gets without them, compared for equality. */
  refusal: string;
  /** The `error_detail` of a development server, which the log of every server has. A response by `form_post` has none. */
  detail: string | null;
  /** Options of `signet client add` with which the client works without the lines. */
  instead?: readonly string[];
}

export interface ApiSetting {
  /** Member of the API. */
  member: string;
  /** What the client then says. */
  refusal: string;
}

export interface Problem {
  /** What a person sees: a message of the client, or of Signet. */
  says: string;
  cause: string;
  fix: string;
}

/**
 * The values that the files contain. The pages show them as they are, and the harness replaces them by those of a run, so that the pages
 * show what was run. No value contains another.
 */
export const EXAMPLES = {
  issuer: 'https://login.example.com',
  appUrl: 'https://app.example.com',
  clientSecret: 'my-client-secret',
  clientId: 'my-client-id',
} as const;

/** Declared for every run, for tokens that are not for the API of a client. */
export const OTHER_API = {
  audience: 'https://billing.example.com',
  name: 'Billing',
  scopes: { 'billing:read': 'See your bills' },
} as const satisfies ExampleApi;

/** Declared for every run, for the clients that need some API. */
export const ORDERS_API = {
  audience: 'https://orders.example.com',
  name: 'Orders',
  scopes: { 'orders:read': 'See your orders', 'orders:write': 'Place orders for you' },
} as const satisfies ExampleApi;
