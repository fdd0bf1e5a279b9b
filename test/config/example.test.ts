import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { checkDeclaredClients } from '../../src/clients/declared.ts';
import { parse } from 'valibot';
import { parseConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/env.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { type ConfigInput, schema } from '../../src/config/schema.ts';

const text = readFileSync(new URL('../../signet.example.yaml', import.meta.url), 'utf8');

/** With the keys and list members in comments. The pattern does not match prose. */
const uncommented = text.replaceAll(/^( *)# ( *(?:- )?[a-z][\w:]*:(?: .*)?| *- .*)$/gm, '$1$2');

describe('signet.example.yaml', () => {
  it('is a valid configuration, also with the keys in comments', () => {
    assert.equal(parseConfig(load(text) as ConfigInput).mode, 'development');
    // The profile is refused beside keys in an HSM.
    const { profile, ...input } = load(uncommented) as ConfigInput;
    assert.equal(profile, 'conformance');
    const config = parseConfig(input);
    assert.equal(config.mode, 'production');
    assert.deepEqual([config.apis.length, config.clients.length], [1, 4]);
    assert.deepEqual(checkDeclaredClients(config.clients, config).problems, []);
  });

  it('contains every key and every variable', () => {
    const shown = load(uncommented);
    for (const path of keyPaths(configJsonSchema())) {
      assert.notEqual(valueAt(shown, path), undefined, path.join('.'));
    }
    for (const name of Object.keys(VARIABLES)) assert.ok(text.includes(name), name);
  });

  it('contains only defaults outside comments', () => {
    assert.deepEqual(parse(schema, load(text)), parse(schema, {}));
  });

  it('is described by the published JSON Schema', () => {
    const published: unknown = JSON.parse(
      readFileSync(new URL('../../docs/signet.schema.json', import.meta.url), 'utf8'),
    );
    assert.deepEqual(
      published,
      configJsonSchema(),
      'generate it again: npm run -s signet -- config schema > docs/signet.schema.json',
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

/** The value at a path; in a list, of the first member that has it. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(value)) {
    return value.map((member) => valueAt(member, path)).find((found) => found !== undefined);
  }
  return valueAt((value as Record<string, unknown> | undefined)?.[key], rest);
}
