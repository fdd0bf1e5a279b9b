/** The client of the account pages, which is part of the server: it is in no list, and no other client can have its id. */
const ACCOUNT_CLIENT = 'signet-account';

export function isAccountClient(clientId: string): boolean {
  return clientId === ACCOUNT_CLIENT;
}
