import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { checkDeclaredClients } from '../../src/clients/declared.ts';
import { configJsonSchema, parseConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/env.ts';
import type { ConfigInput } from '../../src/config/schema.ts';

const text = readFileSync(new URL('../../signet.example.yaml', import.meta.url), 'utf8');

describe('signet.example.yaml', () => {
  it('is a configuration that the server accepts', () => {
    const config = parseConfig(load(text) as ConfigInput);
    assert.equal(config.mode, 'production');
    assert.deepEqual(checkDeclaredClients(config.clients, config).problems, []);
  });

  it('shows every key and names every variable', () => {
    for (const path of keyPaths(configJsonSchema())) {
      assert.match(text, new RegExp(`^ *(?:# *)?(?:- )?${path.at(-1)}:`, 'm'), path.join('.'));
    }
    for (const name of Object.keys(VARIABLES)) assert.ok(text.includes(name), name);
  });

  it('gives the defaults that it says are defaults', () => {
    const shown = parseConfig(load(text) as ConfigInput);
    const defaults = parseConfig({ issuer: 'https://login.example.com' });
    for (const key of [
      'host',
      'port',
      'store',
      'keys',
      'management',
      'lifetimes',
      'passwords',
      'limits',
      'loginProtection',
      'audit',
      'brand',
    ] as const) {
      assert.deepEqual(shown[key], defaults[key], key);
    }
  });

  it('is described by the published JSON Schema', () => {
    const published: unknown = JSON.parse(
      readFileSync(new URL('../../docs/signet.schema.json', import.meta.url), 'utf8'),
    );
    assert.deepEqual(
      published,
      configJsonSchema(),
      'write it anew: npm run -s signet -- config schema > docs/signet.schema.json',
    );
  });
});

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
}

function* keyPaths(schema: JsonSchema, path: readonly string[] = []): Generator<readonly string[]> {
  if (schema.items !== undefined) yield* keyPaths(schema.items, path);
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const own = path.concat(key);
    yield own;
    yield* keyPaths(inner, own);
  }
}
