/**
 * The script of a page is `views/<page>.js`. It is an element of the page: a page needs no second request, and its policy has one hash. What
 * several scripts need is `views/partials/<name>.js`; the import at the start of a script is replaced by it.
 */

const IMPORT = /^import (?:\{[^}]*\} from )?'\.\/partials\/([a-z-]+)\.js';\n/gm;

/** Lines that have nothing else. Browsers do not need them. */
const COMMENT = /^\s*\/\/.*\n/gm;

const EXPORT = /^export /gm;

/** @param readPartial the text of `views/partials/<name>.js` */
export function linkScript(script: string, readPartial: (name: string) => string): string {
  return script
    .replace(IMPORT, (_, name: string) => readPartial(name).replace(EXPORT, ''))
    .replace(COMMENT, '')
    .replace(/^\n+/gm, '');
}
