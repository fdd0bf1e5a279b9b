import type { Middleware } from 'koa';
import compose from 'koa-compose';

/** Which paths a step is about. */
export type Concerns = (path: string) => boolean;

export const everywhere: Concerns = () => true;

export function at(...paths: string[]): Concerns {
  return (path) => paths.includes(path);
}

export function below(...prefixes: string[]): Concerns {
  return (path) => prefixes.some((prefix) => path.startsWith(prefix));
}

/** Paths whose list is remembered: those of Signet, and some of whoever asks for anything else. */
const CAPACITY = 256;

/** One middleware that runs, for each path, the steps that concern it, in their order. */
export function byPath(steps: readonly (readonly [Concerns, Middleware])[]): Middleware {
  const lists = new Map<string, Middleware>();
  const paths = new Map<string, Middleware>();
  const listFor = (path: string): Middleware => {
    const concerned = steps.filter(([concerns]) => concerns(path));
    const key = concerned.map((step) => steps.indexOf(step)).join();
    let list = lists.get(key);
    if (list === undefined) lists.set(key, (list = compose(concerned.map(([, step]) => step))));
    return list;
  };
  return (ctx, next) => {
    const { path } = ctx;
    let list = paths.get(path);
    if (list === undefined) {
      list = listFor(path);
      if (paths.size >= CAPACITY) paths.clear();
      paths.set(path, list);
    }
    return list(ctx, next);
  };
}
