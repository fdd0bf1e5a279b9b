import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatePages } from '../../docs/generate-client-pages.ts';
import { fillSettings, PRESETS, presetMetadata } from '../../src/clients/presets.ts';
import type { MetadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { EXAMPLES, type InteropClient } from '../interop/client.ts';
import { readClients } from '../interop/support/clients.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('docs/clients', () => {
  it('is what the generator makes of the tested files', async () => {
    const pages = await generatePages();
    for (const [path, text] of pages) {
      assert.equal(
        readFileSync(join(ROOT, path), 'utf8'),
        text,
        `${path}: npx node docs/generate-client-pages.ts`,
      );
    }
    assert.deepEqual(
      readdirSync(join(ROOT, 'docs/clients'))
        .map((name) => `docs/clients/${name}`)
        .filter((path) => !pages.has(path)),
      [],
    );
  });
});

describe('The clients of the interoperability tests', () => {
  let clients: InteropClient[];
  before(async () => void (clients = await readClients()));

  it('are those that have a preset', () => {
    assert.deepEqual(new Set(clients.map(({ name }) => name)), new Set(PRESETS.keys()));
  });

  it('contain the settings of their preset', () => {
    for (const { name, files } of clients) {
      const text = files.map(({ path }) => read(name, path)).join('\n');
      const lines = new Set(text.split('\n').map((line) => line.trim()));
      const { issuer, appUrl: app_url, clientId: client_id, clientSecret: client_secret } = EXAMPLES;
      const preset = PRESETS.get(name) ?? assert.fail(name);
      const settings = fillSettings(preset, { issuer, app_url, client_id, client_secret });
      assert.deepEqual(
        settings.filter((setting) => !lines.has(setting.trim())),
        [],
        name,
      );
    }
  });

  it('say what may go wrong, and where the client is documented', () => {
    for (const { name, problems, documentation } of clients) {
      assert.notEqual(problems.length, 0, name);
      assert.equal(URL.parse(documentation)?.protocol, 'https:', name);
    }
  });

  it('have presets with valid metadata in production', () => {
    for (const { name, apis = [] } of clients) {
      const preset = PRESETS.get(name) ?? assert.fail(name);
      if (preset.role === 'api') continue;
      const context: MetadataContext = { apis: [], mode: 'production', signingAlgorithms: ['RS256'] };
      assert.deepEqual(checkMetadata(presetMetadata(preset, EXAMPLES.appUrl), context).problems, [], name);
      assert.ok(
        apis.every(({ audience }) => URL.canParse(audience)),
        name,
      );
    }
  });
});

function read(name: string, path: string): string {
  return readFileSync(join(ROOT, 'test/interop/clients', name, 'files', path), 'utf8');
}
