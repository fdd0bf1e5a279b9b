/** What each page is told. The pages know nothing else: no request, no store, no engine. */

/** An application as people see it, from its registered metadata (RFC 7591 §2). Addresses other than http(s) are not shown. */
export interface ClientView {
  name: string;
  /** `client_uri`. */
  uri?: string | undefined;
  /** `logo_uri`: on a foreign origin, so the page's policy must list it (`page-security.ts`). */
  logoUri?: string | undefined;
  policyUri?: string | undefined;
  tosUri?: string | undefined;
}

export interface PermissionGroup {
  title: string;
  items: { scope: string; description: string }[];
}

/** Posts `csrf`, `login` and `password` to `action`. */
export interface LoginPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  /** Prefills the username. */
  loginHint?: string | undefined;
  error?: { title: string; message: string } | undefined;
}

/** Posts `csrf` to `action`: the person allows everything the page lists. */
export interface ConsentPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  account: { username: string; name?: string | undefined };
  permissions: PermissionGroup[];
  /** Whether the decision is kept, so that the same access is not asked for again. */
  remembers: boolean;
}

export interface ErrorPage {
  /** Code, for instance `invalid_request`. */
  error: string;
  description: string;
  /** Found in the log next to the details. */
  traceId: string;
  /** Development only: what was registered, what was received, what is nearest. */
  expected?: { label: string; values: string[] }[] | undefined;
}

export interface LogoutPage {
  /** The engine's `<form id="op.logoutForm">`, included as it is: trusted HTML. */
  form: string;
  clientName?: string | undefined;
  /** Whether some application was given offline access, which outlives the session. */
  keepsAccess: boolean;
}

export interface SignedOutPage {
  clientName?: string | undefined;
}

export interface HomePage {
  issuer: string;
  discoveryUrl: string;
  links: { label: string; url: string }[];
  /** Development only: credentials that are public anyway. */
  demo?: { label: string; name: string; secret: string }[] | undefined;
}

export interface PageData {
  login: LoginPage;
  consent: ConsentPage;
  error: ErrorPage;
  logout: LogoutPage;
  'signed-out': SignedOutPage;
  home: HomePage;
}
