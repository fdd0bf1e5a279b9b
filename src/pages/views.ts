import { readdirSync, readFileSync } from 'node:fs';
import { Eta } from 'eta/core';
import type { Assets } from './assets.ts';
import { errorText } from './error-texts.ts';
import type { ClientView, PageData, ReturnLink } from './page-data.ts';

/**
 * The HTML of every page a person sees. `views/<name>.eta` is the template of the page `<name>`, `views/<name>.js` the script in it, if it
 * has one; they are compiled once, here. `page-data.ts` has the data of each page, `csp.ts` the headers.
 */

const VIEWS = new URL('../../views/', import.meta.url);

export interface Pages {
  /** A complete HTML document. */
  render<Name extends keyof PageData>(page: Name, data: PageData[Name]): string;
  /** The script of a page that has one; the page's policy names it. */
  readonly scripts: Readonly<Partial<Record<keyof PageData, string>>>;
}

export interface PagesOptions {
  brand: { name: string; links?: readonly { label: string; url: string }[] };
  /** Marks every page, so that it is not taken for the real server. */
  development: boolean;
  assets: Pick<Assets, 'url'>;
}

/** Compiles the templates; rendering reads no file. */
export function createPages({ brand, development, assets }: PagesOptions): Pages {
  const { eta, scripts } = compileViews();
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

/** Every value is escaped, except what a template prints with `<%~ %>`. */
function compileViews(): { eta: Eta; scripts: Record<string, string> } {
  const eta = new Eta();
  const scripts: Record<string, string> = {};
  for (const folder of ['', 'partials/']) {
    for (const file of readdirSync(new URL(folder, VIEWS))) {
      const [name = '', extension] = file.split('.');
      const content = () => readFileSync(new URL(folder + file, VIEWS), 'utf8');
      if (extension === 'eta') eta.loadTemplate(folder + name, content());
      else if (extension === 'js') scripts[name] = content();
    }
  }
  return { eta, scripts };
}

/** The client for a template: without addresses that run code in a browser, with everything computed. */
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

/** Registration checks these addresses too; the check here keeps `javascript:` links out in any case. */
function webAddress(address: string | undefined): URL | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url : undefined;
}

function initialOf(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}
