import type { Client, Clients } from '../clients/clients.ts';

const PAGE_SIZE = 500;

/** Every client of the store, by `client_id`. */
export async function listAllClients(clients: Pick<Clients, 'list'>): Promise<Client[]> {
  const all: Client[] = [];
  let page: Client[];
  do {
    page = await clients.list({ limit: PAGE_SIZE, after: all.at(-1)?.id });
    all.push(...page);
  } while (page.length === PAGE_SIZE);
  return all;
}
