import { parse } from 'bowser';

/** Names a browser for a list of sessions. */

/** Characters. */
const MAX_NAME = 60;

/**
 * @param userAgent a `User-Agent` of any content
 * @returns for instance `Firefox on Windows`, of letters, digits and a few signs; undefined where nothing is recognised
 */
export function browserName(userAgent: string): string | undefined {
  if (userAgent === '') return undefined;
  const { browser, os } = parse(userAgent);
  const name = readable(browser.name);
  if (name === '') return undefined;
  const system = readable(os.name);
  return system === '' ? name : `${name} on ${system}`;
}

/** The name of an unknown program is a part of the header that it has sent. */
function readable(name = ''): string {
  return name
    .replaceAll(/[^\w .+()-]/g, '')
    .slice(0, MAX_NAME)
    .trim();
}
