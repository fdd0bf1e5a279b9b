import { tableRows } from './markdown-code.ts';

/** Lists in `docs/clients.md` that the source has too. */

function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** The values of a metadata member: the code spans of its row, behind its name. */
function valuesOf(page: string, member: string): string[] {
  const row = tableRows(page, 'Metadata').find(([name = '']) => codeSpans(name).includes(member)) ?? [];
  return codeSpans(row.slice(1).join(' '));
}

export const documentedGrantTypes = (page: string): string[] => valuesOf(page, 'grant_types');

export const documentedMethods = (page: string): string[] => valuesOf(page, 'token_endpoint_auth_method');

/** Signature algorithms of assertions: the code spans of the sentence that ends with "are accepted". */
export const documentedAlgorithms = (page: string): string[] =>
  codeSpans(/[^.]*are accepted\./.exec(page)?.[0] ?? '');
