import { randomBytes, randomUUID } from 'node:crypto';
import { hash } from 'argon2';
import { checkRegistration } from '../../src/clients/registration.ts';
import { digestSecret } from '../../src/clients/secrets.ts';
import { DEMO_API } from '../../src/config/demo.ts';
import { openStore } from '../../src/store/open.ts';
import type { AccountRecord, ClientRecord, DumpRecord } from '../../src/store/store.ts';
import { ACCOUNT, ARGON2ID, MACHINE_CLIENT } from '../servers/fixture.ts';

/** People and machine clients by the thousand, all with the same password and the same secret, so that one hash is enough. */

export interface Population {
  accounts: number;
  clients: number;
}

export function describe({ accounts, clients }: Population): string {
  if (accounts === clients) return `${count(accounts)} of each`;
  return `${count(accounts)} accounts, ${count(clients)} clients`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

/** Fills an empty store as a restore would. */
export async function populate(address: string, population: Population): Promise<void> {
  const store = await openStore(address, { clock: Date.now, production: false });
  try {
    await store.transfer.load(records(population));
  } finally {
    await store.close();
  }
}

/** The sign-in names of some of them, from the first to the last. */
export function someUsernames({ accounts }: Population, count: number): string[] {
  return spread(accounts, count).map(username);
}

/** The ids of some clients, from the first to the last. */
export function someClientIds({ clients }: Population, count: number): string[] {
  return spread(clients, count).map(clientId);
}

async function* records({ accounts, clients }: Population): AsyncGenerator<DumpRecord> {
  const now = Math.floor(Date.now() / 1000);
  const account = accountTemplate(await hash(ACCOUNT.password, ARGON2ID), now);
  for (let index = 0; index < accounts; index += 1) yield { type: 'account', account: account(index) };
  const client = clientTemplate(now);
  for (let index = 0; index < clients; index += 1) yield { type: 'client', client: client(index) };
}

function accountTemplate(passwordHash: string, now: number): (index: number) => AccountRecord {
  return (index) => ({
    id: randomUUID(),
    username: username(index),
    passwordHash,
    claims: {
      name: `Person ${index}`,
      given_name: 'Person',
      family_name: String(index),
      email: `${username(index)}@example.com`,
      email_verified: true,
    },
    disabled: false,
    generation: 0,
    createdAt: now,
    updatedAt: now,
  });
}

function clientTemplate(now: number): (index: number) => ClientRecord {
  const { registration, problems } = checkRegistration(MACHINE_CLIENT, {
    apis: [DEMO_API],
    mode: 'development',
    signingAlgorithms: ['RS256'],
  });
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const digest = digestSecret(MACHINE_CLIENT.client_secret);
  return (index) => ({
    id: clientId(index),
    instance: randomBytes(16).toString('hex'),
    metadata: { ...registration.metadata, client_name: `Machine ${index}` },
    secrets: [{ digest, createdAt: now }],
    source: 'added',
    createdAt: now,
    updatedAt: now,
  });
}

function username(index: number): string {
  return `person-${index}`;
}

function clientId(index: number): string {
  return `machine-${index}`;
}

function spread(size: number, count: number): number[] {
  return Array.from({ length: Math.min(size, count) }, (_, index) =>
    Math.floor((index * size) / Math.min(size, count)),
  );
}
