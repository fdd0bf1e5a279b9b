import assert from 'node:assert/strict';
import { EXAMPLES, type InteropClient } from '../client.ts';
import type { Values } from './examples.ts';
import type { Outcome } from './results.ts';
import type { Signet } from './signet.ts';
import { type Refusal, Stage, type StageOptions } from './stage.ts';
import { type Installation, MissingToolchainError } from './toolchain.ts';
import { PRESETS } from '../../../src/clients/presets.ts';

/** One client: registration by its preset, its run, and where it needs a setting the runs without it. */

export interface Performance {
  outcome: Outcome;
  detail?: string;
  versions: Readonly<Record<string, string>>;
  steps: readonly string[];
}

export interface PerformOptions {
  client: InteropClient;
  signet: Signet;
  cache: string;
  port: number;
  machine: StageOptions['machine'];
}

export async function perform({
  client,
  signet,
  cache,
  port,
  machine,
}: PerformOptions): Promise<Performance> {
  let versions: Installation['versions'] = {};
  const steps: string[] = [];
  const attempt = async (
    id: string,
    installation: Installation,
    how: Attempt = {},
  ): Promise<Refusal | undefined> => {
    const values = await register(id, { client, signet, port, addOptions: how.addOptions });
    const stage = new Stage({ client, signet, installation, values, port, machine, ...how });
    try {
      await client.run(stage).finally(() => {
        if (how.without === undefined) steps.push(...stage.passed);
      });
      if (stage.failures.length > 0) throw new Error(stage.failures.join('\n'));
      return undefined;
    } catch (error) {
      if (how.expectRefusal === true && stage.refusal !== undefined) return stage.refusal;
      if (!(error instanceof MissingToolchainError) && stage.output !== '') {
        console.log(indent(stage.output.split('\n').slice(-15).join('\n')));
      }
      throw error;
    } finally {
      await stage.end();
    }
  };
  try {
    const installation = await client.toolchain.install(cache);
    ({ versions } = installation);
    const { setting } = client;
    if (setting === undefined) {
      await attempt(client.name, installation);
      return { outcome: 'as documented', versions, steps };
    }
    const without = setting.lines;
    const refused = await attempt(`${client.name}-plain`, installation, { without, expectRefusal: true });
    const { refusal, detail } = setting;
    assert.deepEqual(refused, { refusal, detail }, 'without its setting, the refusal is another one');
    await attempt(client.name, installation);
    if (setting.instead !== undefined) {
      await attempt(`${client.name}-instead`, installation, { without, addOptions: setting.instead });
    }
    return { outcome: 'with a setting', detail: refusal, versions, steps };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    if (error instanceof MissingToolchainError) {
      return { outcome: 'skipped', detail: `${detail}: ${error.hint}`, versions, steps };
    }
    return { outcome: 'FAILED', detail, versions, steps };
  }
}

interface Attempt {
  without?: Readonly<Record<string, readonly string[]>>;
  expectRefusal?: boolean;
  addOptions?: readonly string[] | undefined;
}

/** `signet client add --preset`, with the real command. An API needs no client. */
async function register(
  id: string,
  {
    client,
    signet,
    port,
    addOptions = [],
  }: Pick<PerformOptions, 'client' | 'signet' | 'port'> & { addOptions?: readonly string[] | undefined },
): Promise<Values> {
  const { issuer } = signet;
  const appUrl = `http://localhost:${port}`;
  const none = { issuer, appUrl, clientId: EXAMPLES.clientId, clientSecret: EXAMPLES.clientSecret };
  if (PRESETS.get(client.name)?.role === 'api') return none;
  const options = ['--preset', client.name, '--id', id, '--app-url', appUrl, '--json'];
  const output = await signet.command([
    'client',
    'add',
    ...options,
    ...(client.addOptions ?? []),
    ...addOptions,
  ]);
  const added = JSON.parse(output) as { client_id: string; client_secret?: string };
  return { ...none, clientId: added.client_id, clientSecret: added.client_secret ?? none.clientSecret };
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
