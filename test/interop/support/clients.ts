import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InteropClient } from '../client.ts';

const FOLDER = join(import.meta.dirname, '../clients');

/** The clients of all folders, by name. A folder has a `client.ts` that exports `client`. */
export async function readClients(): Promise<InteropClient[]> {
  const names = readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return await Promise.all(
    names.map(async (name) => {
      const { href } = pathToFileURL(join(FOLDER, name, 'client.ts'));
      const { client } = (await import(href)) as { client: InteropClient };
      if (client.name !== name) throw new Error(`${name}/client.ts: name is ${client.name}`);
      return client;
    }),
  );
}
