import { parse } from 'bowser';

/** Names a browser for a list of sessions. */

/** Characters. */
const MAX_NAME = 60;

/**
 * @param userAgent a `User-Agent` of any content
 * @returns for instance `Firefox on Windows`, of letters, digits and a few signs; undefined where nothing is recognised
 */
export function browserName(userAgent: string): string | undefined {
  const { name, system } = browserOf(userAgent) ?? {};
  return system === undefined ? name : `${name} on ${system}`;
}

/** The same for a text in another language. */
export function browserOf(userAgent: string): { name: string; system: string | undefined } | undefined {
  if (userAgent === '') return undefined;
  const { browser, os } = parse(userAgent);
  const [name, system] = [readable(browser.name), readable(os.name)];
  return name === '' ? undefined : { name, system: system === '' ? undefined : system };
}

/** The name of an unknown program is a part of the header that it has sent. */
function readable(name = ''): string {
  return name
    .replaceAll(/[^\w .+()-]/g, '')
    .slice(0, MAX_NAME)
    .trim();
}
