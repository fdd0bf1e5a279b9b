import { readFileSync } from 'node:fs';
import { Eta } from 'eta/core';
import type { Assets } from './assets.ts';
import type { ClientView, PageData } from './page-data.ts';

/**
 * The HTML of every page a person sees. The templates in `views/` are compiled once, here; `page-data.ts` says what each is
 * told, `page-security.ts` which headers go with it.
 */

const VIEWS = new URL('../../views/', import.meta.url);

/** Page or partial → file. Every value is escaped, except what a template prints with `<%~ %>`. */
const TEMPLATES = [
  'layout',
  'partials/alert',
  'partials/client-avatar',
  'partials/client-links',
  'login',
  'consent',
  'error',
  'logout',
  'signed-out',
  'home',
] as const;

export interface Pages {
  /** A complete HTML document. */
  render<Name extends keyof PageData>(page: Name, data: PageData[Name]): string;
}

export interface PagesOptions {
  brand: { name: string };
  /** Marks every page, so that nobody takes a development server for the real one. */
  development: boolean;
  assets: Pick<Assets, 'url'>;
}

/** Compiles the templates; rendering reads no file. */
export function createPages({ brand, development, assets }: PagesOptions): Pages {
  const eta = new Eta();
  for (const name of TEMPLATES) {
    eta.loadTemplate(name, readFileSync(new URL(`${name}.eta`, VIEWS), 'utf8'));
  }
  const site = {
    brand: { name: brand.name, logo: assets.url('logo') },
    stylesheet: assets.url('stylesheet'),
    development,
  };
  return {
    render: (page, data) =>
      eta.render(page, { ...data, ...('client' in data && presented(data.client)), site }),
  };
}

/** The client with nothing in it that a browser would run or a template would have to compute. */
function presented(client: ClientView): { client: ClientView & { initial: string; host?: string } } {
  const uri = webAddress(client.uri);
  return {
    client: {
      name: client.name,
      initial: initialOf(client.name),
      uri: uri?.href,
      ...(uri !== undefined && { host: uri.host }),
      logoUri: webAddress(client.logoUri)?.href,
      policyUri: webAddress(client.policyUri)?.href,
      tosUri: webAddress(client.tosUri)?.href,
    },
  };
}

/** Registration checks these addresses too; a `javascript:` link must not depend on that alone. */
function webAddress(address: string | undefined): URL | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

function initialOf(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}
