import type { Context, Middleware } from 'koa';
import type { FormToken } from './csrf.ts';
import type { FramedRequests } from './navigation-guard.ts';
import type { QuotaName } from './quotas.ts';

/**
 * `http/` is what every request passes, independent of what it asks for: the shape of the route table, headers, CORS, forms, CSRF, quotas,
 * the request log, and the one responder for errors (`problem.ts`, `problem-responder.ts`).
 *
 * It does not know which routes there are (`app/routes.ts`), in which order middleware runs (`app/middleware.ts`), or the protocol
 * (`oidc/`). Pages are rendered by `pages/`, the layer below. Only this folder and the layers above it import koa, with `pages/`.
 */

/**
 * A row of the route table (`app/routes.ts`). The kind of a route decides which middleware its requests pass (`app/middleware.ts`), so that a
 * new route gets headers, CORS, form validation and the CSRF guard without naming them.
 *
 * | kind   | for                                      | headers and guards                                                |
 * | ------ | ---------------------------------------- | ----------------------------------------------------------------- |
 * | `page` | people                                   | page headers, no subresources, CSRF guard; errors as page or JSON |
 * | `form` | clients that post forms (RFC 6749 §3.2)  | CORS by client, validated form, errors as JSON                    |
 * | `api`  | clients with an access token (RFC 6750)  | CORS by client, for errors without a client by every origin       |
 * | `json` | every client: documents, JSON requests   | CORS for every origin, without credentials                        |
 * | `file` | browsers: styles, images                 | none                                                              |
 */
export type Route = PageRoute | FormRoute | ApiRoute | JsonRoute | FileRoute;

interface Row {
  /** The one spelling. `:uid` matches the id of an interaction, another `:name` letters, digits, dots, dashes and underscores. */
  readonly path: string;
  /** For log and metrics; the engine's own name where the engine answers. */
  readonly name: string;
  readonly quota?: QuotaName;
  /** Middleware of this route, in order, after the middleware of its kind. */
  readonly steps?: readonly Middleware[];
}

/** `undefined`: the engine answers. */
type Answer = Middleware | undefined;

/**
 * A page without a form (`OwnPage`), with a form that must carry the token of the page (`FormPage`), or one that the engine answers
 * (`EnginePage`).
 */
export type PageRoute = Row & {
  readonly kind: 'page';
  readonly framed?: FramedRequests;
} & (OwnPage | FormPage | EnginePage);

interface OwnPage {
  readonly show: Middleware;
  readonly submit?: undefined;
}

interface FormPage {
  readonly show: Middleware;
  /** Called only for a form of our own page with this token. */
  readonly submit: Middleware;
  readonly token: FormToken;
  /** Middleware between the reading of the form and the check of its token. */
  readonly beforeSubmit?: readonly Middleware[];
  /** Showing the page needs the token too: a link that changes something. */
  readonly linkNeedsToken?: true;
}

interface EnginePage {
  readonly show?: undefined;
  readonly submit?: undefined;
  /** `ours`: forms come from our own page; `anywhere`: applications post here (OpenID Connect Core §3.1.2.1). */
  readonly posts?: 'ours' | 'anywhere';
  /** Without GET. */
  readonly postOnly?: true;
}

export interface FormRoute extends Row {
  readonly kind: 'form';
  /** Pages may send credentials with their requests (CORS); the route sees no cookie of such a request. */
  readonly credentials?: true;
  /** Parameters that may occur several times. */
  readonly repeatable?: readonly string[];
  /** Of responses beside JSON, for requests that prefer it: `Accept` then has this type, and otherwise that of JSON. */
  readonly mediaType?: string;
  readonly answer: Answer;
}

export interface ApiRoute extends Row {
  readonly kind: 'api';
  readonly methods: readonly ('GET' | 'POST')[];
  readonly answer: Answer;
}

export interface JsonRoute extends Row {
  readonly kind: 'json';
  /** By default GET, for a document. */
  readonly methods?: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[];
  readonly answer: Answer;
}

export interface FileRoute extends Row {
  readonly kind: 'file';
  readonly answer: Middleware;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';

const READ = ['GET', 'HEAD'] as const;

/** The methods of a route. HEAD goes with GET, and OPTIONS with what pages of other origins may call. */
export function methodsOf(route: Route): readonly Method[] {
  switch (route.kind) {
    case 'page':
      if (route.show === undefined && route.postOnly === true) return ['POST'];
      return acceptsPosts(route) ? [...READ, 'POST'] : READ;
    case 'form':
      return ['POST', 'OPTIONS'];
    case 'api':
      return [...withHead(route.methods), 'OPTIONS'];
    case 'json':
      return [...withHead(route.methods ?? ['GET']), 'OPTIONS'];
    case 'file':
      return READ;
  }
}

function withHead(methods: readonly Method[]): Method[] {
  return methods.flatMap((method) => (method === 'GET' ? READ : [method]));
}

function acceptsPosts(route: PageRoute): boolean {
  return route.show === undefined ? route.posts !== undefined : route.submit !== undefined;
}

/** A route with its composed middleware. */
export interface Endpoint {
  readonly route: Route;
  readonly methods: readonly Method[];
  readonly chain: Middleware;
}

/** Pattern by path parameter. */
const PARAMETERS: Readonly<Record<string, string>> = { uid: '[A-Za-z0-9_-]{43}' };
const ANY_PARAMETER = '[A-Za-z0-9._-]+';

/** Finds the endpoint of the path of a request, or of another one, and sets `ctx.params`. */
export type Matcher = (ctx: Context, path?: string) => Endpoint | undefined;

export function createMatcher(endpoints: readonly Endpoint[]): Matcher {
  const exact = new Map<string, Endpoint>();
  const patterns: { pattern: RegExp; endpoint: Endpoint }[] = [];
  for (const endpoint of endpoints) {
    const { path } = endpoint.route;
    if (path.includes(':')) patterns.push({ pattern: patternOf(path), endpoint });
    else exact.set(path, endpoint);
  }
  return (ctx, path = ctx.path) => {
    const endpoint = exact.get(path);
    if (endpoint !== undefined) return endpoint;
    for (const { pattern, endpoint } of patterns) {
      const match = pattern.exec(path);
      if (match !== null) {
        ctx.params = { ...match.groups };
        return endpoint;
      }
    }
    return undefined;
  };
}

function patternOf(path: string): RegExp {
  const source = path
    .split(/(:[A-Za-z]+)/)
    .map((part) => (part.startsWith(':') ? group(part.slice(1)) : RegExp.escape(part)))
    .join('');
  return new RegExp(`^${source}$`);
}

function group(name: string): string {
  return `(?<${name}>${PARAMETERS[name] ?? ANY_PARAMETER})`;
}
