import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Middleware } from 'koa';

export interface Assets {
  /** The path of each file, with a digest of its content, so that browsers can cache it without revalidation. */
  paths: { stylesheet: string; icon: string };
  serve: Middleware;
}

/** Reads the stylesheet and the icon into memory. */
export function loadAssets(directory: string): Assets {
  const files = new Map<string, { content: Buffer; type: string }>();

  function load(name: string): string {
    const content = readFileSync(join(directory, name));
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
    const path = `/assets/${hash}-${name}`;
    files.set(path, { content, type: extname(name) });
    return path;
  }

  return {
    paths: { stylesheet: load('style.css'), icon: load('icon.svg') },
    serve: (ctx, next) => {
      const file = files.get(ctx.path);
      if (file === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
      ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
      ctx.type = file.type;
      ctx.body = file.content;
      return undefined;
    },
  };
}
