import type { Message, Words } from '../messages/messages.ts';
import type { ErrorText } from './error-texts.ts';

/** The data of each page. Templates see nothing else: no request, no store, no engine. */

/** An application as people see it, from its registered metadata (RFC 7591 §2). Addresses other than http(s) are not shown. */
export interface ClientView {
  /** Absent where it could be taken for another one, and the application is on the device of the person. */
  name?: string | undefined;
  /** `client_uri`. */
  uri?: string | undefined;
  /** Path of its logo on this server. */
  logo?: string | undefined;
  policyUri?: string | undefined;
  tosUri?: string | undefined;
  /** The application registered itself (RFC 7591), and the operator has not checked who it is. */
  unverified?: Unverified | undefined;
}

export interface Unverified {
  /** Host of the redirect URI; absent for an app on the same device. */
  destination?: string | undefined;
  /** Host of the document that describes the application; absent for one that sent its description. */
  documentHost?: string | undefined;
  /** The application is only reached on the device, where any program can pretend to be it. */
  onlyLoopback?: boolean | undefined;
}

/** A link to an application. */
export interface ReturnLink {
  name: string;
  /** Its site; absent where it has registered no address that a browser can open. */
  url?: string | undefined;
}

/** An application of a person. */
export interface AppLink {
  name: string;
  /** Path of its logo on this server. */
  logo?: string | undefined;
  initial: string;
  /** Absent where it has registered no address. */
  url?: string | undefined;
  /** Of the address: the name is what the application says of itself. */
  host?: string | undefined;
}

/** An account as pages show it. */
export interface Person {
  username: string;
  name?: string | undefined;
}

/** What is wrong with a form, above it: the texts `<key>.title` and `<key>.message`. */
export interface PageError extends Message {
  /** Finds the attempt in the audit trail. */
  traceId?: string | undefined;
}

/** What is wrong with a form: shown at the field, or above the form. */
export interface FormProblem extends Message {
  /** Its name; absent for a problem of the form. */
  field?: string | undefined;
}

export interface PermissionGroup {
  title: Words;
  items: { scope: string; description: Words }[];
}

/**
 * Posts `csrf` to `action`: the person continues as `account`. With `account=other` the person wants another one.
 */
export interface SelectAccountPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  account: Person;
  /** Whether another account can be used. */
  offersOther: boolean;
}

/** Posts `csrf`, `login` and `password` to `action`. */
export interface LoginPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  /** Prefills the username or email address. */
  loginHint?: string | undefined;
  /** The sign-in by mail; absent where it is off. */
  byMailUrl?: string | undefined;
  /** Where the browser can use passkeys: posts `csrf` and `credential`, its answer to the options, to `action`. */
  passkey?: { action: string; options: object } | undefined;
  /** Where a new password is asked for; absent where no mail is sent. */
  forgottenUrl?: string | undefined;
  /** Page of a new account; absent where people do not get one by themselves. */
  signUpUrl?: string | undefined;
  error?: PageError | undefined;
}

/** Posts `csrf` to `action`: the person allows everything the page lists. */
export interface ConsentPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  account: Person;
  /** Host of the redirect URI; absent for an app on the same device. */
  destination?: string | undefined;
  /** The decision is not remembered: the person is asked each time (RFC 8252 §8.6). */
  eachTime?: boolean | undefined;
  permissions: PermissionGroup[];
  /** Repeats the request for another account; absent where it cannot be repeated. */
  otherAccountUrl?: string | undefined;
}

/** For an interaction that is finished, cancelled or expired. */
export interface ExpiredInteractionPage {
  /** Absent when the application is unknown. */
  app?: ReturnLink | undefined;
  /** Whether the application has got its response. */
  finished?: boolean | undefined;
  /** Repeats the request; absent where the browser has no cookie of it. */
  againUrl?: string | undefined;
  traceId: string;
}

/** For a browser that stores no cookies, or is not the one in which the sign-in began. */
export interface CookiesPage {
  app: ReturnLink;
  /** Of this server, which the browser's settings must allow. */
  host: string;
  traceId: string;
}

export interface ErrorPage {
  /** What happened and what to do, for people; by default the texts of the code. */
  words?: ErrorText;
  /** Code, for instance `invalid_request`. */
  error: string;
  /** The `error_description` of the protocol. */
  description: string;
  /** A fixed phrase for all protocol errors. */
  summary?: string;
  /** Also in the log, next to the details. */
  traceId: string;
  /** Development mode: the received value, the nearest registered one, the others. */
  expected?: Expectation[] | undefined;
  /** Of this server, for a visitor of another address. A link in development mode only. */
  address?: string | undefined;
  /** Stylesheet in the page itself, for an address that serves none. */
  style?: string | undefined;
}

/** In English, as in the response to an application. */
export interface Expectation {
  label: string;
  values: string[];
  /** The value that was probably meant. */
  suggested?: boolean;
}

export interface LogoutPage {
  /** The engine's `<form id="op.logoutForm">`, included unescaped: trusted HTML. */
  form: string;
  clientName?: string | undefined;
  /** Whether the application has asked for a redirect after the sign-out. */
  returns: boolean;
  /** Whether an application has offline access, which outlives the session. */
  keepsAccess: boolean;
}

/** The session has ended; frames sign the person out at the applications, best effort. */
export interface SigningOutPage {
  /** Of the applications. */
  frames: readonly string[];
  /** Where the browser continues. */
  continueUrl: string;
}

export interface SignedOutPage {
  app?: ReturnLink | undefined;
  /** The session stays; only the application was signed out. */
  staysSignedIn: boolean;
}

/** The parts for developers are shown in development only. */
export interface HomePage {
  person?: Person | undefined;
  /** Those of the person. */
  apps?: AppLink[];
  issuer: string;
  /** Links for developers of applications. */
  documents: { label: Words; url: string }[];
  sampleApp?: string | undefined;
  /** Credentials that are public anyway. */
  demo?: { label: Words; name: string; secret: string }[] | undefined;
}

/** A form that submits itself where scripts run, and is submitted by its button elsewhere. */
export interface ContinuePage {
  action: string;
  fields: { name: string; value: string }[];
  script: string;
  style: string;
}

/** A page without content, for frames of applications. */
export interface CheckSessionPage {
  script: string;
}

/** For a request that was not read: the page contains its style. */
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
  'select-account': SelectAccountPage;
  login: LoginPage;
  consent: ConsentPage;
  'expired-interaction': ExpiredInteractionPage;
  cookies: CookiesPage;
  error: ErrorPage;
  logout: LogoutPage;
  'signing-out': SigningOutPage;
  'signed-out': SignedOutPage;
  'check-session': CheckSessionPage;
  home: HomePage;
  continue: ContinuePage;
  'too-large': TooLargePage;
}
