import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { PRESETS } from '../../../src/clients/presets.ts';
import { EXAMPLES, type InteropClient, type RequiredSetting } from '../client.ts';
import { fillExamples, type Values } from './examples.ts';
import type { Outcome } from './results.ts';
import type { Signet } from './signet.ts';
import { type Refusal, Stage, type StageOptions } from './stage.ts';
import { type Installation, MissingToolchainError } from './toolchain.ts';

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

export async function perform(options: PerformOptions): Promise<Performance> {
  const { client, cache } = options;
  const steps: string[] = [];
  let versions: Installation['versions'] = {};
  try {
    const installation = await client.toolchain.install(cache);
    ({ versions } = installation);
    const run = { ...options, installation };
    if (client.setting !== undefined) await refuse(run, client.setting);
    await attempt({ ...run, id: client.name, onPassed: (step) => void steps.push(step) });
    if (client.setting?.instead !== undefined) {
      const { lines: without, instead: addOptions } = client.setting;
      await attempt({ ...run, id: `${client.name}-instead`, without, addOptions });
    }
    const detail = (client.setting ?? client.apiSetting)?.refusal;
    if (detail === undefined) return { outcome: 'as documented', versions, steps };
    return { outcome: 'with a setting', detail, versions, steps };
  } catch (error) {
    const detail = messageOf(error);
    if (error instanceof MissingToolchainError) {
      return { outcome: 'skipped', detail: `${detail}: ${error.hint}`, versions, steps };
    }
    return { outcome: 'FAILED', detail, versions, steps };
  }
}

interface Attempt extends PerformOptions {
  id: string;
  installation: Installation;
  /** Lines that are left out of the files. */
  without?: Readonly<Record<string, readonly string[]>>;
  /** Of `client add`, beside those of the client. */
  addOptions?: readonly string[];
  onPassed?: (step: string) => void;
}

/** Runs the client. @throws Error with everything that was not as documented */
async function attempt(options: Attempt): Promise<void> {
  const stage = new Stage({ ...options, values: await register(options) });
  try {
    await options.client.run(stage).catch((error: unknown) => {
      if (error instanceof MissingToolchainError || stage.failures.length === 0) throw error;
    });
    for (const step of stage.passed) options.onPassed?.(step);
    if (stage.failures.length === 0) return;
    console.log(lastLines(stage.output));
    throw new Error(stage.failures.join('\n'));
  } finally {
    await stage.end();
  }
}

/** Runs the client without its setting. @throws AssertionError when Signet does not refuse it, or refuses it in other words */
async function refuse(
  options: PerformOptions & { installation: Installation },
  { lines: without, refusal, detail }: RequiredSetting,
): Promise<void> {
  const id = `${options.client.name}-plain`;
  const values = await register({ ...options, id });
  const stage = new Stage({ ...options, without, values });
  try {
    await options.client.run(stage).catch((error: unknown) => {
      if (stage.refusal === undefined) throw error;
    });
    const expected: Refusal = { refusal, detail: detail && fillExamples(detail, values) };
    assert.deepEqual(
      stage.refusal,
      expected,
      `the refusal without ${Object.values(without).flat().join(' ')}`,
    );
  } finally {
    await stage.end();
  }
}

/** `signet client add --preset`, with the real command. An API needs no client. */
async function register(
  options: Pick<Attempt, 'id' | 'client' | 'signet' | 'port' | 'addOptions'>,
): Promise<Values> {
  const { id, client, signet, port, addOptions = [] } = options;
  const appUrl = `http://localhost:${port}`;
  const values = { ...EXAMPLES, issuer: signet.issuer, appUrl };
  if (PRESETS.get(client.name)?.role === 'api') return values;
  const preset = ['--preset', client.name, '--id', id, '--app-url', appUrl, '--json'];
  const all = [...preset, ...(client.addOptions ?? []), ...addOptions];
  const added = JSON.parse(await signet.command(['client', 'add', ...all])) as {
    client_id: string;
    client_secret?: string;
  };
  return { ...values, clientId: added.client_id, clientSecret: added.client_secret ?? values.clientSecret };
}

function messageOf(error: unknown): string {
  return stripVTControlCharacters(error instanceof Error ? error.message : String(error));
}

/** The end of what the client wrote, indented. */
function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-15).join('\n').replaceAll(/^/gm, '    ');
}
