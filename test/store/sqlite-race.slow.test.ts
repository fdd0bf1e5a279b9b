import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRaces } from './races.ts';

describeRaces('one SQLite file', { redeem: 200, revoke: 100 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'signet-race-'));
  return {
    address: `sqlite:${join(directory, 'race.db')}`,
    stop: async () => rmSync(directory, { recursive: true }),
  };
});
