import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copySource, type SourceCopy } from '../support/source-copy.ts';

/** The source with one grant more: its file, and its entries in two lists. */
export function sourceWithEcho(): SourceCopy {
  const source = copySource();
  const grant = readFileSync(join(import.meta.dirname, 'echo-grant.ts'), 'utf8')
    .replaceAll('../../src/oidc/grants/', './')
    .replace(/^.*@ts-expect-error.*\n/m, '');
  source.add('src/oidc/grants/echo.ts', grant);
  source.insertAfter(
    'src/clients/grant-types.ts',
    '  client_credentials: {',
    `  'urn:example:echo': { confidential: 'Echo Grant §1', forApis: true },`,
  );
  source.insertAfter(
    'src/oidc/grants/grants.ts',
    `from './client-credentials.ts';`,
    `export { echo as 'urn:example:echo' } from './echo.ts';`,
  );
  return source;
}
