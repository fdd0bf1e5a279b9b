import { tableRows } from './markdown-code.ts';

/** The code spans of the row of a metadata member in `docs/clients.md`, without its name: values that it can have. */
function valuesOf(page: string, member: string): string[] {
  const row = tableRows(page, 'Metadata').find(([name]) => name?.includes(`\`${member}\``)) ?? [];
  return [
    ...row
      .slice(1)
      .join(' ')
      .matchAll(/`([^`]+)`/g),
  ].map(([, value = '']) => value);
}

export const documentedGrantTypes = (page: string): string[] => valuesOf(page, 'grant_types');

export const documentedMethods = (page: string): string[] => valuesOf(page, 'token_endpoint_auth_method');
