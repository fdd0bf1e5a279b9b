import assert from 'node:assert/strict';
import { warnAboutSettings } from '../../src/cli/start-warnings.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createLogger } from '../../src/observability/log.ts';

describe('a start warns about introspectionClients', () => {
  async function warnings(apis: ConfigInput['apis'], demo = false): Promise<Record<string, unknown>[]> {
    const lines: string[] = [];
    const log = await createLogger(
      { level: 'info', format: 'json' },
      { write: (line: string) => void lines.push(line) },
    );
    warnAboutSettings(log, parseConfig({ demo, apis }));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  const api = (audience: string, more: object = {}) => ({
    audience,
    name: 'API',
    scopes: { [audience]: 'Read' },
    ...more,
  });

  it('in one line for all APIs without it', async () => {
    const lines = await warnings([
      api('https://a.example'),
      api('https://b.example', { introspectionClients: ['b'] }),
      api('https://c.example'),
    ]);
    assert.equal(lines.length, 1);
    assert.deepEqual(lines[0]?.apis, ['https://a.example', 'https://c.example']);
    assert.match(String(lines[0]?.msg), /^apis: introspectionClients is not set/);
    assert.equal(lines[0]?.level, 'warn');
  });

  it('and not where it is set, also to an empty list', async () => {
    assert.deepEqual(await warnings([api('https://a.example', { introspectionClients: [] })], true), []);
  });
});
