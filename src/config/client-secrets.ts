import { readNamedFile } from './read-file.ts';
import type { DeclaredClient } from './schema-apis.ts';

/**
 * Secrets of declared clients that are in a file or in a variable. A server reads them at its start; a command needs none, and may run where
 * they cannot be read.
 */

type Environment = Readonly<Record<string, string | undefined>>;

const SOURCES = ['client_secret', 'client_secret_file', 'client_secret_env'] as const;

/**
 * An entry that releases its client needs none: nothing else of it is used.
 * @returns `problems`: one sentence per problem, never with a secret
 */
export function readClientSecrets(
  clients: readonly DeclaredClient[],
  env: Environment,
): { clients: DeclaredClient[]; problems: string[] } {
  const problems: string[] = [];
  const read = clients.map((client) => {
    if (client.release === true) return client;
    try {
      const secret = readSecret(client, env);
      return secret === undefined ? client : { ...client, client_secret: secret };
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      problems.push(`clients.${client.client_id}.${error.message}`);
      return client;
    }
  });
  return { clients: read, problems };
}

/** A secret cannot be read. The message is one sentence that begins with the member. */
class SecretError extends Error {}

function readSecret(client: DeclaredClient, env: Environment): string | undefined {
  const { client_secret_file: file, client_secret_env: variable } = client;
  const [first, second] = SOURCES.filter((name) => client[name] !== undefined);
  if (second !== undefined) throw new SecretError(`${second}: ${first} is given too; keep one of them`);
  if (file !== undefined) return fromFile(file);
  return variable === undefined ? undefined : fromVariable(variable, env);
}

function fromFile(path: string): string {
  let text: string;
  try {
    text = readNamedFile(path).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SecretError(`client_secret_file: cannot read the file ${path} (${code})`, { cause: error });
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new SecretError(`client_secret_file: the file ${path} is empty`);
  return secret;
}

function fromVariable(name: string, env: Environment): string {
  if (name.startsWith('SIGNET_')) {
    throw new SecretError(
      'client_secret_env: a name that begins with SIGNET_ is for the settings of Signet; choose another',
    );
  }
  const secret = env[name] ?? '';
  if (secret === '') throw new SecretError(`client_secret_env: the variable ${name} is not set`);
  return secret;
}
