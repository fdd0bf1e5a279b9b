import { readdirSync, readFileSync } from 'node:fs';
import { createInstance, type Resource } from 'i18next';

/**
 * `messages/` has every text that people read, on pages and in mails. `locales/<language>/<namespace>.json` is a catalogue in the format of
 * i18next; a key is `namespace.name`, with further levels after it. All catalogues are read at the start, so that an upgrade of the files does
 * not change a running server. It does not choose a language for a request (`http/languages.ts`), and no text for an application or a log is
 * here: those are in English.
 */

/** The language of a text that another language lacks. */
export const FALLBACK_LANGUAGE = 'en';

const LOCALES = new URL('../../locales/', import.meta.url);

/** Values in a text, by the names that it has in double braces. `count` selects a plural form. */
export type MessageValues = Readonly<Record<string, string | number>>;

/** The texts of one language. */
export interface Texts {
  /** BCP 47 tag. */
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';
  /** Plain text, also in its values. */
  t(key: string, values?: MessageValues): string;
  /** HTML: the markup of the catalogue, with escaped values. */
  html(key: string, values?: MessageValues): string;
}

export interface Messages {
  /** Tags of all languages, the fallback first. */
  readonly languages: readonly string[];
  /** Of the fallback for a language without catalogues. */
  texts(language: string): Texts;
}

/** @param locales the directory of the catalogues, with a slash at its end */
export function createMessages(locales: URL = LOCALES): Messages {
  const resources = readCatalogues(locales);
  const languages = Object.keys(resources).toSorted(fallbackFirst);
  const namespaces = Object.keys(resources[FALLBACK_LANGUAGE] ?? {});
  const i18n = createInstance();
  void i18n.init({
    resources,
    ns: namespaces,
    fallbackLng: FALLBACK_LANGUAGE,
    nsSeparator: '.',
    keySeparator: '.',
    initAsync: false,
  });
  const cache = new Map(languages.map((language) => [language, textsOf(i18n.getFixedT(language), language)]));
  return {
    languages,
    texts: (language) => {
      const found = cache.get(language) ?? cache.get(FALLBACK_LANGUAGE);
      if (found === undefined) throw new Error(`there is no catalogue in ${FALLBACK_LANGUAGE}`);
      return found;
    },
  };
}

type Translate = (key: string, options: Record<string, unknown>) => string;

function textsOf(translate: Translate, language: string): Texts {
  const find = (key: string, values: MessageValues, escapeValue: boolean): string =>
    translate(key, { ...values, interpolation: { escapeValue } });
  return {
    language,
    direction: directionOf(language),
    t: (key, values = {}) => find(key, values, false),
    html: (key, values = {}) => find(key, values, true),
  };
}

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT: ReadonlySet<string | undefined> = new Set([
  'Arab',
  'Hebr',
  'Syrc',
  'Thaa',
  'Nkoo',
  'Adlm',
]);

function directionOf(language: string): Texts['direction'] {
  return RIGHT_TO_LEFT.has(new Intl.Locale(language).maximize().script) ? 'rtl' : 'ltr';
}

function readCatalogues(locales: URL): Resource {
  const resources: Resource = {};
  for (const language of readdirSync(locales)) {
    const directory = new URL(`${language}/`, locales);
    const catalogues = readdirSync(directory).map((file) => {
      const content: Resource[string][string] = JSON.parse(readFileSync(new URL(file, directory), 'utf8'));
      return [file.replace(/\.json$/, ''), content] as const;
    });
    resources[language] = Object.fromEntries(catalogues);
  }
  return resources;
}

function fallbackFirst(one: string, other: string): number {
  if (one === FALLBACK_LANGUAGE) return -1;
  if (other === FALLBACK_LANGUAGE) return 1;
  return one < other ? -1 : 1;
}
