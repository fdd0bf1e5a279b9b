import { codeSpans, tableRows, tokensOf } from '../support/markdown.ts';

/** Lists in `docs/clients.md` that the source has too. */

/** The values of a metadata member: the code spans of its row, behind its name. */
function valuesOf(page: string, member: string): string[] {
  const row =
    tableRows(page, 'Metadata').find(([name]) => codeSpans(name?.tokens ?? []).includes(member)) ?? [];
  return row.slice(1).flatMap(({ tokens }) => codeSpans(tokens));
}

export const documentedGrantTypes = (page: string): string[] => valuesOf(page, 'grant_types');

export const documentedMethods = (page: string): string[] => valuesOf(page, 'token_endpoint_auth_method');

/** Signature algorithms of assertions: the code spans of the sentence that ends with "are accepted". */
export function documentedAlgorithms(page: string): string[] {
  const paragraph = tokensOf(page).find(
    ({ type, raw }) => (type === 'paragraph' || type === 'text') && raw.includes('are accepted.'),
  );
  const sentence = /[^.]*are accepted\./.exec(paragraph?.raw ?? '')?.[0] ?? '';
  return codeSpans(sentence);
}
