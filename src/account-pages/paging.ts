import type { Context } from 'koa';
import { publicPath } from '../http/paths.ts';

/** The parameters of lists that have several pages. */

/** A parameter of the query, when it was sent exactly once. */
export function textQuery({ query }: Context, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The address of the next page of a list. */
export function nextPage(ctx: Context, path: string, parameters: Readonly<Record<string, string>>): string {
  return `${publicPath(ctx, path)}?${new URLSearchParams(parameters).toString()}`;
}
