import type { ErrorText } from './error-texts.ts';

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

/** An application as the way out of our pages. */
export interface ReturnLink {
  name: string;
  /** Where it begins; absent where it has registered no address that a browser can open. */
  url?: string | undefined;
}

/** An account as its person sees it. */
export interface Person {
  username: string;
  name?: string | undefined;
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
  /** With the trace id, by which support finds the attempt in the audit trail. */
  error?: { title: string; message: string; traceId: string } | undefined;
}

/** Posts `csrf` to `action`: the person allows everything the page lists. */
export interface ConsentPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  account: Person;
  /** Host that the browser goes back to with the answer; absent for an app on the same device. */
  destination?: string | undefined;
  permissions: PermissionGroup[];
  /** The same request for someone else; absent where it cannot be made again. */
  otherAccountUrl?: string | undefined;
}

/** For a sign-in that someone comes back to when it is finished, cancelled or too old. */
export interface ExpiredInteractionPage {
  /** Absent when nobody remembers which application it was. */
  app?: ReturnLink | undefined;
  /** Whether the application has got its answer. */
  finished?: boolean | undefined;
  /** The same request once more; absent where the browser has not kept it, or cannot make it. */
  againUrl?: string | undefined;
  traceId: string;
}

/** For a browser that keeps no cookies, or is not the one in which the sign-in began. */
export interface CookiesPage {
  app: ReturnLink;
  /** Of this server: what settings have to allow. */
  host: string;
  traceId: string;
}

export interface ErrorPage {
  /** What happened and what to do, for people; by default those of the code. */
  words?: ErrorText;
  /** Code, for instance `invalid_request`. */
  error: string;
  /** In the protocol's words, as JSON has it. */
  description: string;
  /** A fixed phrase, the same for all errors of the protocol. */
  summary?: string;
  /** Found in the log next to the details. */
  traceId: string;
  /** Development only: what was received, what is nearest to it, what was registered. */
  expected?: Expectation[] | undefined;
  /** Where this server is, for someone who came by another address. Linked in development only. */
  address?: string | undefined;
  /** Stylesheet in the page itself, for an address that gives none. */
  style?: string | undefined;
}

export interface Expectation {
  label: string;
  values: string[];
  /** The one that was probably meant. */
  suggested?: boolean;
}

export interface LogoutPage {
  /** The engine's `<form id="op.logoutForm">`, included as it is: trusted HTML. */
  form: string;
  clientName?: string | undefined;
  /** Whether the application gets its person back afterwards, whatever the answer. */
  returns: boolean;
  /** Whether some application was given offline access, which outlives the session. */
  keepsAccess: boolean;
}

export interface SignedOutPage {
  app?: ReturnLink | undefined;
  /** Signed out of the application alone. */
  staysSignedIn: boolean;
}

/** The parts for developers are shown in development only. */
export interface HomePage {
  person?: Person | undefined;
  issuer: string;
  /** What an application's developer reads first. */
  documents: { label: string; url: string }[];
  sampleApp?: string | undefined;
  /** Credentials that are public anyway. */
  demo?: { label: string; name: string; secret: string }[] | undefined;
}

/** A form that submits itself where scripts run, and is submitted by its button elsewhere. */
export interface ContinuePage {
  action: string;
  fields: { name: string; value: string }[];
  script: string;
  style: string;
}

/** For a request that was never read: nothing of it is known, and nothing can be loaded. */
export interface TooLargePage {
  /** Of this server. */
  host: string;
  style: string;
}

/**
 * The data of each page, by the name of its template in `views/`. A page that has a file of its own adds itself:
 * `declare module '../pages/page-data.ts' { interface PageData { hello: HelloPage } }`.
 */
export interface PageData {
  login: LoginPage;
  consent: ConsentPage;
  'expired-interaction': ExpiredInteractionPage;
  cookies: CookiesPage;
  error: ErrorPage;
  logout: LogoutPage;
  'signed-out': SignedOutPage;
  home: HomePage;
  continue: ContinuePage;
  'too-large': TooLargePage;
}
