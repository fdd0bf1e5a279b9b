import type { Middleware } from 'koa';

/** A page of `/account`, and the answer to its form. Both find the person in `ctx.state.person`. */
export interface AccountPage {
  readonly show: Middleware;
  readonly submit?: Middleware;
}
