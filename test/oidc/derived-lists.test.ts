import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ASSERTION_ALGORITHMS,
  AUTHENTICATION_METHODS,
  SECRET_ASSERTION_ALGORITHMS,
} from '../../src/clients/authentication-methods.ts';
import { GRANT_TYPE_NAMES } from '../../src/clients/grant-types.ts';
import { createProgram } from '../../src/main.ts';
import { documentedAlgorithms, documentedGrantTypes, documentedMethods } from '../docs/client-page.ts';
import { startTestServer } from '../support/server.ts';

const ALGORITHMS = [...ASSERTION_ALGORITHMS, ...SECRET_ASSERTION_ALGORITHMS];

/** Grant types, authentication methods and algorithms are lists in `clients/`. Every other place has the same ones. */
describe('Grant types, authentication methods and algorithms', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');
  const sorted = (values: Iterable<string>): string[] => [...new Set(values)].toSorted();

  it('are the same in discovery (RFC 8414 §2)', async () => {
    const server = await startTestServer();
    const response = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`);
    const metadata = (await response.json()) as Record<string, string[]>;
    await server.stop();
    assert.deepEqual(sorted(metadata.grant_types_supported!), sorted(GRANT_TYPE_NAMES));
    assert.deepEqual(sorted(metadata.token_endpoint_auth_methods_supported!), sorted(AUTHENTICATION_METHODS));
    assert.deepEqual(sorted(metadata.token_endpoint_auth_signing_alg_values_supported!), sorted(ALGORITHMS));
  });

  it('are the same in docs/clients.md', () => {
    assert.deepEqual(sorted(documentedGrantTypes(page)), sorted(GRANT_TYPE_NAMES));
    assert.deepEqual(sorted(documentedMethods(page)), sorted(AUTHENTICATION_METHODS));
    assert.deepEqual(sorted(documentedAlgorithms(page)), sorted(ALGORITHMS));
  });

  it('are the same in the help of `signet client add`', async () => {
    const program = await createProgram('client');
    const add = program.commands
      .find((command) => command.name() === 'client')
      ?.commands.find((command) => command.name() === 'add');
    const option = (long: string) => add?.options.find((each) => each.long === long);
    assert.deepEqual(option('--auth-method')?.argChoices, [...AUTHENTICATION_METHODS]);
    const words: string[] = option('--grant')?.description.match(/[\w:-]+/g) ?? [];
    assert.deepEqual(
      GRANT_TYPE_NAMES.filter((type) => !words.includes(type)),
      [],
    );
  });
});
