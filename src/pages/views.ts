import { readdirSync, readFileSync } from 'node:fs';
import { Eta } from 'eta/core';
import { parseWebUrl } from '../config/url.ts';
import { createMessages, FALLBACK_LANGUAGE, type Messages, type Texts } from '../messages/messages.ts';
import type { Assets } from './assets.ts';
import { formatTime } from './time-format.ts';
import { errorText } from './error-texts.ts';
import type { ClientView, PageData, ReturnLink } from './page-data.ts';
import { linkScript } from './page-scripts.ts';

/**
 * `pages/` renders the HTML of every page: templates, data of each page (`page-data.ts`), headers (`csp.ts`), assets, brand and the texts of
 * errors. It does not own routes, forms and their checks, nor which page is shown: the layers above (`http/`, `oidc/`, `interactions/`,
 * `account-pages/`) call `RenderPage` (`render.ts`) with the data of a page. It reads no store and no request.
 *
 * `views/<name>.eta` is the template of the page `<name>`, `views/<name>.js` its script, if it has one (`page-scripts.ts`). All are read at the
 * start, so that an upgrade of the files does not change a running server. A template is compiled when it is first rendered, because most processes answer a
 * program first; `test/pages/every-page.test.ts` finds a broken one.
 */

const VIEWS = new URL('../../views/', import.meta.url);

/** Attributes of what a page in another language has from the protocol, such as an `error_description`. */
const IN_ENGLISH = ' lang="en" dir="ltr"';

export interface Pages {
  /** A complete HTML document, in the fallback language unless another one is named. */
  render<Name extends keyof PageData>(page: Name, data: PageData[Name], language?: string): string;
  /** The script of a page that has one; the page's policy names it. */
  readonly scripts: Readonly<Partial<Record<keyof PageData, string>>>;
}

export interface PagesOptions {
  brand: { name: string; links?: readonly { label: string; url: string }[] };
  /** Marks every page, so that it is not taken for the real server. */
  development: boolean;
  /** The profile for tests, which every page names. */
  profile?: 'conformance' | undefined;
  assets: Pick<Assets, 'url'>;
  /** By default, a set of its own. */
  messages?: Messages;
  /** Path of the issuer, in front of the links to pages of this server. */
  mountPath?: string;
  /** Of the mails of a server in development. */
  inboxPath?: string | undefined;
}

/** Reads the templates; rendering reads no file. */
export function createPages({
  brand,
  development,
  profile,
  assets,
  messages = createMessages(),
  mountPath = '',
  inboxPath,
}: PagesOptions): Pages {
  const { eta, scripts } = readViews();
  const site = {
    brand: { name: brand.name, logo: assets.url('logo'), links: brand.links ?? [] },
    stylesheet: assets.url('stylesheet'),
    development,
    profile,
    path: mountPath,
    inbox: inboxPath,
  };
  return {
    scripts,
    render: (page, data, language = FALLBACK_LANGUAGE) => {
      const texts = messages.texts(language);
      return eta.render(page, {
        ...texts,
        inEnglish: texts.language === FALLBACK_LANGUAGE ? '' : IN_ENGLISH,
        ...(page === 'error' && { words: errorText((data as PageData['error']).error) }),
        script: scripts[page],
        time: (zone: string, at: number) => formatTime(texts.language, zone, at),
        ...data,
        ...('client' in data && clientForTemplate(data.client, development, texts)),
        ...('app' in data && data.app !== undefined && appForTemplate(data.app)),
        site,
        page,
      });
    },
  };
}

/** Every value is escaped, except what a template prints with `<%~ %>`. */
function readViews(): { eta: Eta; scripts: Record<string, string> } {
  const templates = new Map<string, string>();
  const scripts: Record<string, string> = {};
  const readPartial = (name: string): string => readFileSync(new URL(`partials/${name}.js`, VIEWS), 'utf8');
  for (const folder of ['', 'partials/']) {
    for (const file of readdirSync(new URL(folder, VIEWS))) {
      const [name = '', extension] = file.split('.');
      const content = () => readFileSync(new URL(folder + file, VIEWS), 'utf8');
      if (extension === 'eta') templates.set(folder + name, content());
      else if (extension === 'js' && folder === '') scripts[name] = linkScript(content(), readPartial);
    }
  }
  return { eta: createEta(templates), scripts };
}

function createEta(templates: ReadonlyMap<string, string>): Eta {
  const eta = new Eta({ cache: true });
  eta.resolvePath = (name) => name;
  eta.readFile = (name) => {
    const template = templates.get(name);
    if (template === undefined) throw new Error(`there is no template ${name}`);
    return template;
  };
  return eta;
}

/**
 * The client for a template: without addresses that run code in a browser, which registration refuses too, and with everything computed.
 */
function clientForTemplate(
  client: ClientView,
  development: boolean,
  texts: Texts,
): { client: ClientView & { name: string; initial: string; host?: string } } {
  const name = client.name ?? texts.t('common.appOnDevice');
  const uri = parseWebUrl(client.uri);
  // What a person agrees to is not read from a page that anyone on the way can change.
  const document = (address: string | undefined): string | undefined => {
    const url = parseWebUrl(address);
    return development || url?.protocol === 'https:' ? url?.href : undefined;
  };
  return {
    client: {
      name,
      initial: initialOf(name),
      uri: uri?.href,
      ...(uri !== undefined && { host: uri.host }),
      logo: client.logo,
      policyUri: document(client.policyUri),
      tosUri: document(client.tosUri),
      unverified: client.unverified,
    },
  };
}

function appForTemplate({ name, url }: ReturnLink): { app: ReturnLink } {
  return { app: { name, url: parseWebUrl(url)?.href } };
}

/** A letter or digit for an application without a logo. */
export function initialOf(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}
