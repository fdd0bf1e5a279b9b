import { readdirSync, readFileSync } from 'node:fs';

/** The texts of a namespace, in groups of any depth. */
export interface Catalogue {
  readonly [name: string]: string | Catalogue;
}

/** By namespace. */
export type Catalogues = Readonly<Record<string, Catalogue>>;

/**
 * Reads `<language>/<namespace>.json` of all languages. Parsing waits for the first page.
 * @param locales the directory, with a slash at its end
 * @returns a function for each language, which parses its catalogues
 */
export function readCatalogues(locales: URL): ReadonlyMap<string, () => Catalogues> {
  const directories = readdirSync(locales, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return new Map(
    directories.map(({ name: language }) => {
      const directory = new URL(`${language}/`, locales);
      const files = readdirSync(directory)
        .filter((file) => file.endsWith('.json'))
        .map((file) => [file.slice(0, -5), readFileSync(new URL(file, directory), 'utf8')] as const);
      const parse = (): Catalogues =>
        Object.fromEntries(files.map(([namespace, text]) => [namespace, JSON.parse(text) as Catalogue]));
      return [language, parse];
    }),
  );
}
