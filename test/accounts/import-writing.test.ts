import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeImport } from '../../src/accounts/imports/import-writing.ts';
import { ConflictError, StoreUnavailableError } from '../../src/store/errors.ts';
import type { AccountRecord } from '../../src/store/store.ts';
import { SETTINGS } from './fixture.ts';

describe('Writing an import', () => {
  const records = Array.from({ length: 200 }, (_, index) => ({
    id: randomUUID(),
    username: `p${index}`,
    claims: {},
    disabled: false,
    generation: 0,
    createdAt: 0,
    updatedAt: 0,
  })) as unknown as AccountRecord[];

  /** @param create of the store */
  const write = async (create: (record: AccountRecord) => Promise<void>) => {
    const store = { accounts: { create }, artifacts: { update: () => Promise.resolve() } };
    const audit = { record: () => undefined };
    const sealer = { seal: () => '' };
    return await writeImport({ records, apps: new Map() }, {
      store,
      audit,
      sealer,
      clock: Date.now,
      passwords: SETTINGS,
    } as unknown as Parameters<typeof writeImport>[1]);
  };

  it('says how far it came when the store fails, and begins no further account', async () => {
    let begun = 0;
    const failing = write(async () => {
      begun += 1;
      if (begun > 70) throw new StoreUnavailableError('the store cannot answer');
    });
    await assert.rejects(failing, {
      message:
        /^the store cannot answer; at least \d+ of 200 accounts were added: repeat the import, which recognises them$/,
    });
    assert.ok(begun < 200, String(begun));
  });

  it('names the accounts that were taken meanwhile', async () => {
    const { added, taken } = await write(async ({ username }) => {
      if (username === 'p7') throw new ConflictError('the username is taken');
    });
    assert.deepEqual([added, taken], [199, ['p7']]);
  });
});
