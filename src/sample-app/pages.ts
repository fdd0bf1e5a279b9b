import { STATUS_CODES } from 'node:http';
import { Eta } from 'eta';
import type { Context, Middleware } from 'koa';
import { Problem, toProblem } from './problem.ts';

/** Renders the templates in `views/`. Their output is escaped. */
export class Pages {
  readonly #eta: Eta;
  readonly #shared: object;

  /** @param shared data available to every page */
  constructor(directory: string, shared: { issuer: string; stylesheet: string; icon: string }) {
    this.#eta = new Eta({ views: directory, cache: true });
    this.#shared = shared;
  }

  render(ctx: Context, view: 'welcome' | 'account' | 'cancelled' | 'problem', data: object): void {
    ctx.type = 'html';
    ctx.body = this.#eta.render(view, { ...this.#shared, ...data });
  }
}

/** Converts errors, and requests that match no route, into pages. */
export function problemPages(pages: Pages, onProblem: (problem: Problem) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status < 400 || ctx.body) return;
      throw new Problem(ctx.status, codeOf(ctx.status), 'Nothing here', 'This app has no such page.');
    } catch (error) {
      const problem = toProblem(error);
      onProblem(problem);
      ctx.status = problem.status;
      if (problem.status === 503) ctx.set('Retry-After', '2');
      const { status, code, title, description } = problem;
      pages.render(ctx, 'problem', { status, code, title, description });
    }
  };
}

/** `Not Found` → `not_found`. */
function codeOf(status: number): string {
  return (STATUS_CODES[status] ?? 'error').toLowerCase().replaceAll(/\W+/g, '_');
}
