import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Context, Middleware } from 'koa';
import { ConfigurationError } from '../config/errors.ts';
import { readNamedFile } from '../config/read-file.ts';
import { type Accent, accentOf, accentStylesheet } from './theme.ts';

/**
 * The stylesheet and logo of the pages, read once at start-up and served below `/assets/`, under names that change with the content. Unknown
 * names are left to the next middleware.
 */

const DIRECTORY = new URL('../../views/assets/', import.meta.url);
const MAXIMUM_LOGO_BYTES = 512 * 1024;

/** An SVG that is opened by its address is a document: without scripts, requests and our origin. */
const ASSET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const LOGO_TYPES: Readonly<Record<string, { type: string; matches: (content: Buffer) => boolean }>> = {
  '.svg': { type: 'image/svg+xml', matches: (content) => /<svg[\s>]/.test(content.toString('utf8')) },
  '.png': {
    type: 'image/png',
    matches: (content) => content.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n',
  },
  '.webp': { type: 'image/webp', matches: (content) => content.toString('latin1', 8, 12) === 'WEBP' },
};

interface Asset {
  readonly type: string;
  readonly content: Buffer;
  readonly hash: string;
}

export type AssetName = 'stylesheet' | 'logo';

export interface Assets {
  /** The path of an asset for browsers, for instance `/assets/signet-0123456789abcdef.css`. */
  url(name: AssetName): string;
  readonly middleware: Middleware;
  /** Redirects browsers, which ask for an icon that no page names, to the logo. */
  readonly favicon: Middleware;
}

/**
 * Reads the assets and the configured logo.
 * @param brand.logo path of an SVG, PNG or WebP file; Signet's own logo in the accent colour otherwise
 * @param brand.color accent colour, `#rrggbb`
 * @param mountPath path of the issuer, in front of the paths for browsers
 * @throws ConfigurationError when the logo cannot be used
 */
export function createAssets(brand: { logo?: string | undefined; color: string }, mountPath = ''): Assets {
  const accent = accentOf(brand.color);
  const stylesheet = accentStylesheet(accent) + readFileSync(new URL('signet.css', DIRECTORY), 'utf8');
  const logo = brand.logo === undefined ? defaultLogo(accent) : readLogo(brand.logo);
  const byPath = new Map<string, Asset>();
  const add = (stem: string, extension: string, type: string, content: Buffer): string => {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    const path = `/assets/${stem}-${hash}${extension}`;
    byPath.set(path, { type, content, hash });
    return mountPath + path;
  };
  const urls: Record<AssetName, string> = {
    stylesheet: add('signet', '.css', 'text/css; charset=utf-8', Buffer.from(stylesheet)),
    logo: add('logo', logo.extension, logo.type, logo.content),
  };
  return { url: (name) => urls[name], middleware: serve(byPath), favicon: favicon(urls.logo) };
}

function favicon(logo: string): Middleware {
  return (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.set('Content-Security-Policy', ASSET_POLICY);
    ctx.redirect(logo);
  };
}

function serve(assets: ReadonlyMap<string, Asset>): Middleware {
  return (ctx, next) => {
    const asset = assets.get(ctx.path);
    if (asset === undefined) return next();
    answer(ctx, asset);
    return undefined;
  };
}

function answer(ctx: Context, { type, content, hash }: Asset): void {
  ctx.set('X-Content-Type-Options', 'nosniff');
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
    ctx.set('Allow', 'GET, HEAD');
    ctx.status = 405;
    return;
  }
  ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
  ctx.set('Content-Security-Policy', ASSET_POLICY);
  ctx.type = type;
  ctx.etag = hash;
  ctx.body = content;
  if (ctx.fresh) ctx.status = 304;
}

interface Logo {
  extension: string;
  type: string;
  content: Buffer;
}

function defaultLogo(accent: Accent): Logo {
  const svg = readFileSync(new URL('logo.svg', DIRECTORY), 'utf8')
    .replaceAll('#3056d3', accent.color)
    .replaceAll('#ffffff', accent.onColor);
  return { extension: '.svg', type: 'image/svg+xml', content: Buffer.from(svg) };
}

function readLogo(path: string): Logo {
  const extension = extname(path).toLowerCase();
  const kind = LOGO_TYPES[extension];
  if (kind === undefined) throw logoError(path, 'is not named .svg, .png or .webp');
  const content = readContent(path);
  if (content.length > MAXIMUM_LOGO_BYTES) throw logoError(path, 'is larger than 512 KiB');
  if (!kind.matches(content))
    throw logoError(path, `does not contain ${extension.slice(1).toUpperCase()} data`);
  return { extension, type: kind.type, content };
}

function readContent(path: string): Buffer {
  try {
    return readNamedFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw logoError(path, `cannot be read (${code})`);
  }
}

function logoError(path: string, why: string): ConfigurationError {
  return new ConfigurationError([`brand.logo: the file ${path} ${why}`]);
}
