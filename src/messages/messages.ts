import { createRequire } from 'node:module';
import type { createInstance as CreateInstance, TFunction } from 'i18next';
import { readCatalogues } from './catalogues.ts';
import { FORMATS } from './formats.ts';

/**
 * `messages/` has every text that people read, on pages and in mails. `locales/<language>/<namespace>.json` is a catalogue in the format of
 * i18next; a key is `namespace.name`, with further levels after it. All catalogues are read at the start, so that an upgrade of the files does
 * not change a running server. It does not choose a language for a request (`http/languages.ts`), and no text for an application or a log is
 * here: those are in English. docs/languages.md describes how a language is added.
 */

/** The language of a text that another language lacks. */
export const FALLBACK_LANGUAGE = 'en';

const LOCALES = new URL('../../locales/', import.meta.url);

/** Synchronous, for the first page: i18next would be a hundredth of the time of a start, and most processes answer a program first. */
const require = createRequire(import.meta.url);

/** A text that code passes to a page or mail, which is written in the language of its reader. */
export interface Message {
  readonly key: string;
  readonly values?: MessageValues | undefined;
}

/** A text of the catalogues, or one that an operator or an application has written, which is shown as it is. */
export type Words = string | Message;

/** Values in a text, by the names that it has in double braces. `count` selects a plural form. `formats.ts` has the formats. */
export type MessageValues = Readonly<Record<string, Words | number | readonly Words[]>>;

/** The texts of one language. */
export interface Texts {
  /** BCP 47 tag. */
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';
  /** Plain text, also in its values. */
  readonly t: (key: string, values?: MessageValues) => string;
  /** HTML: the markup of the catalogue, with escaped values. */
  readonly html: (key: string, values?: MessageValues) => string;
  /** Plain text. */
  readonly text: (words: Words) => string;
}

export interface Messages {
  /** Tags of all languages, the fallback first. */
  readonly languages: readonly string[];
  /** Of the fallback for a language without catalogues. */
  texts(language: string): Texts;
}

/** @param locales the directory of the catalogues, with a slash at its end */
export function createMessages(locales: URL = LOCALES): Messages {
  const catalogues = readCatalogues(locales);
  if (!catalogues.has(FALLBACK_LANGUAGE)) throw new Error(`there is no catalogue in ${FALLBACK_LANGUAGE}`);
  const languages = [...catalogues.keys()].toSorted(fallbackFirst);
  const cache = new Map<string, Texts>();
  let translate: ((language: string) => TFunction) | undefined;
  return {
    languages,
    texts: (wanted) => {
      const language = catalogues.has(wanted) ? wanted : FALLBACK_LANGUAGE;
      const known = cache.get(language);
      if (known !== undefined) return known;
      translate ??= createTranslator(catalogues);
      const texts = textsOf(translate(language), language);
      cache.set(language, texts);
      return texts;
    },
  };
}

function createTranslator(catalogues: ReturnType<typeof readCatalogues>): (language: string) => TFunction {
  const resources = Object.fromEntries([...catalogues].map(([language, parse]) => [language, parse()]));
  const { createInstance } = require('i18next') as { createInstance: typeof CreateInstance };
  const i18n = createInstance();
  void i18n.init({
    resources,
    ns: Object.keys(resources[FALLBACK_LANGUAGE] ?? {}),
    fallbackLng: FALLBACK_LANGUAGE,
    nsSeparator: '.',
    keySeparator: '.',
    initAsync: false,
    interpolation: { escapeValue: false },
  });
  for (const [name, format] of Object.entries(FORMATS))
    i18n.services.formatter?.addCached(name, (language = FALLBACK_LANGUAGE) => format(language) as never);
  return (language) => i18n.getFixedT(language);
}

function textsOf(translate: TFunction, language: string): Texts {
  const find = (key: string, values: MessageValues, print: Print): string => {
    const printed = Object.entries(values).map(([name, value]) => [name, printValue(value)] as const);
    function printValue(value: MessageValues[string]): unknown {
      if (typeof value === 'number') return value;
      if (typeof value === 'string') return print(value);
      return 'key' in value ? find(value.key, value.values ?? {}, print) : value.map(printValue);
    }
    return translate(key, Object.fromEntries(printed));
  };
  /** Most texts have no values. */
  const constant = new Map<string, string>();
  const findConstant = (key: string): string => {
    const text = constant.get(key) ?? find(key, {}, String);
    constant.set(key, text);
    return text;
  };
  const t = (key: string, values?: MessageValues): string =>
    values === undefined ? findConstant(key) : find(key, values, String);
  return {
    language,
    direction: directionOf(language),
    t,
    html: (key, values) => (values === undefined ? findConstant(key) : find(key, values, escapeHtml)),
    text: (words) => (typeof words === 'string' ? words : t(words.key, words.values)),
  };
}

/** How a text is written into another one. */
type Print = (text: string) => string;

/** As the templates escape. */
const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[character] ?? character);
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

function fallbackFirst(one: string, other: string): number {
  if (one === FALLBACK_LANGUAGE) return -1;
  if (other === FALLBACK_LANGUAGE) return 1;
  return one < other ? -1 : 1;
}
