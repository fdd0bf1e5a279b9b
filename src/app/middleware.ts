import type { Middleware } from 'koa';
import compose from 'koa-compose';
import { checkForm, csrfGuard, type FormToken } from '../http/csrf.ts';
import { dispatch } from '../http/dispatch.ts';
import { readPageForm, validateFormBody } from '../http/form-validation.ts';
import { transportHeaders } from '../http/headers.ts';
import { requireIssuerHost } from '../http/host.ts';
import { validateRequestTarget } from '../http/malformed.ts';
import { mount } from '../http/mount.ts';
import { navigationGuard } from '../http/navigation-guard.ts';
import { openCors } from '../http/open-cors.ts';
import { problemResponder } from '../http/problem-responder.ts';
import type { Quotas } from '../http/quotas.ts';
import { requestLog } from '../http/request-log.ts';
import { methodsOf, type PageRoute, type Route } from '../http/route.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { crossOrigin } from '../oidc/engine/cross-origin.ts';
import { handOverForm } from '../oidc/engine/request-body.ts';
import type { PageHeaders } from '../pages/csp.ts';
import { pageDefaults, type RenderPage } from '../pages/render.ts';

export interface MiddlewareOptions {
  issuer: string;
  log: Logger;
  metrics: Metrics;
  quotas: Quotas;
  isTrustedProxy: (address: string) => boolean;
  pageHeaders: PageHeaders;
  renderPage: RenderPage;
}

/**
 * The middleware of the server, in order: first the part for all requests, then the chain of their route. The chains are composed once, so
 * that a token request runs its own steps only. Requests that a chain does not answer are passed to the engine.
 */
export function middleware(routes: readonly Route[], options: MiddlewareOptions): Middleware {
  const { issuer, log, metrics, renderPage, isTrustedProxy } = options;
  return compose([
    requestLog(log, metrics),
    transportHeaders(issuer),
    problemResponder(log, renderPage),
    validateRequestTarget(),
    requireIssuerHost(issuer),
    ...mount(issuer, isTrustedProxy),
    dispatch(
      routes.map((route) => ({
        route,
        methods: methodsOf(route),
        chain: compose([...chainOf(route, options)]),
      })),
    ),
  ]);
}

function chainOf(route: Route, options: MiddlewareOptions): readonly Middleware[] {
  const quota = route.quota === undefined ? [] : options.quotas(route.quota);
  const steps = route.steps ?? [];
  switch (route.kind) {
    case 'page': {
      const guards = [navigationGuard(route.framed), ...csrfGuards(route, options), ...quota];
      return [...guards, pageDefaults(options.pageHeaders), ...steps, ...pageAnswer(route)];
    }
    case 'form':
      return [
        ...quota,
        crossOrigin({ credentials: route.credentials }),
        validateFormBody(route.repeatable ?? [], route.mediaType),
        ...steps,
        ...answerOf(route),
      ];
    case 'api':
      return [...quota, crossOrigin({ openErrors: true }), ...steps, ...answerOf(route)];
    case 'json':
      return route.answer === undefined
        ? [...quota, ...steps]
        : [openCors(route.methods), ...quota, ...steps, route.answer];
    case 'file':
      return [...quota, ...steps, route.answer];
  }
}

function answerOf({ answer }: { answer: Middleware | undefined }): readonly Middleware[] {
  return answer === undefined ? [handOverForm()] : [answer];
}

function csrfGuards(route: PageRoute, { issuer }: MiddlewareOptions): readonly Middleware[] {
  const guard = csrfGuard({ issuer });
  const onPost: Middleware = (ctx, next) => (ctx.method === 'POST' ? guard(ctx, next) : next());
  if (route.show === undefined) return route.posts === 'ours' ? [onPost] : [];
  if (route.submit === undefined) return [];
  return route.linkNeedsToken === true ? [guard] : [onPost];
}

function pageAnswer(route: PageRoute): readonly Middleware[] {
  if (route.show === undefined) return [];
  if (route.submit === undefined) return [route.show];
  const { show, submit, token, beforeSubmit = [] } = route;
  const post = compose([readPageForm(), ...beforeSubmit, formCheck(token), submit]);
  const get = route.linkNeedsToken === true ? compose([...beforeSubmit, formCheck(token), show]) : show;
  return [(ctx, next) => (ctx.method === 'POST' ? post(ctx, next) : get(ctx, next))];
}

function formCheck(token: FormToken): Middleware {
  return (ctx, next) => {
    checkForm(ctx, token(ctx));
    return next();
  };
}
