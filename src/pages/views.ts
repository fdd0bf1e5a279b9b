import { readFileSync } from 'node:fs';
import { Eta } from 'eta/core';
import type { Assets } from './assets.ts';
import { errorText } from './error-texts.ts';
import type { ClientView, PageData, ReturnLink } from './page-data.ts';

/**
 * The HTML of every page a person sees. The templates in `views/` are compiled once, here; `page-data.ts` says what each is
 * told, `page-security.ts` which headers go with it.
 */

const VIEWS = new URL('../../views/', import.meta.url);

const TEMPLATES = [
  'layout',
  'partials/account',
  'partials/alert',
  'partials/client-avatar',
  'partials/client-links',
  'login',
  'consent',
  'over',
  'cookies',
  'error',
  'logout',
  'signed-out',
  'home',
  'continue',
  'too-large',
] as const;

export interface Pages {
  /** A complete HTML document. */
  render<Name extends keyof PageData>(page: Name, data: PageData[Name]): string;
  /** The script in a page that has one always; the page's policy names it. */
  readonly scripts: Readonly<Partial<Record<keyof PageData, string>>>;
}

export interface PagesOptions {
  brand: { name: string; links?: readonly { label: string; url: string }[] };
  /** Marks every page, so that nobody takes a development server for the real one. */
  development: boolean;
  assets: Pick<Assets, 'url'>;
}

/** Compiles the templates; rendering reads no file. */
export function createPages({ brand, development, assets }: PagesOptions): Pages {
  const eta = compileTemplates(TEMPLATES);
  const scripts: Pages['scripts'] = {
    login: readFileSync(new URL('assets/show-password.js', VIEWS), 'utf8'),
  };
  const site = {
    brand: { name: brand.name, logo: assets.url('logo'), links: brand.links ?? [] },
    stylesheet: assets.url('stylesheet'),
    development,
  };
  return {
    scripts,
    render: (page, data) =>
      eta.render(page, {
        ...(page === 'error' && { words: errorText((data as PageData['error']).error) }),
        script: scripts[page],
        ...data,
        ...('client' in data && presented(data.client)),
        ...('app' in data && data.app !== undefined && linked(data.app)),
        site,
      }),
  };
}

/**
 * @param names pages and partials, which are files in `views/`. Every value is escaped, except what a template prints with `<%~ %>`.
 */
function compileTemplates(names: readonly string[]): Eta {
  const eta = new Eta();
  for (const name of names) {
    eta.loadTemplate(name, readFileSync(new URL(`${name}.eta`, VIEWS), 'utf8'));
  }
  return eta;
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

function linked({ name, url }: ReturnLink): { app: ReturnLink } {
  return { app: { name, url: webAddress(url)?.href } };
}

/** Registration checks these addresses too; a `javascript:` link must not depend on that alone. */
function webAddress(address: string | undefined): URL | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

function initialOf(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}
