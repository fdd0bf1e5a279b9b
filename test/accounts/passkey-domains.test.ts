import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { noteDomain } from '../../src/accounts/credentials/passkey-domains.ts';
import { connectionWarnings } from '../../src/app/preflight.ts';
import { parseConfig } from '../../src/config/config.ts';
import { openStore } from '../../src/store/open.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

describe('The domains of passkeys', () => {
  let directory: string;
  let store: string;
  before(async () => {
    directory = makeMemoryDirectory('signet-domains');
    store = `sqlite:${join(directory, 'signet.db')}`;
    const opened = await openStore(store, { clock: Date.now });
    for (const rpId of ['login.example.com', 'example.com', 'example.com']) {
      await noteDomain(opened.artifacts, { rpId, origin: '', name: '' });
    }
    await opened.close();
  });
  after(() => rmSync(directory, { recursive: true }));

  const warningsFor = (passkeys: { rpId?: string; enabled?: boolean }) =>
    connectionWarnings(parseConfig({ issuer: 'https://login.example.com', store, passkeys }));

  it('are named by the check when the configuration leaves one', async () => {
    assert.deepEqual(await warningsFor({ rpId: 'example.com' }), [
      'passkeys.rpId: people have added keys for login.example.com, which they cannot use at example.com; set the domain of before, or ask them to add new ones',
    ]);
    assert.match(
      String(await warningsFor({})),
      /added keys for example\.com, which they cannot use at login/,
    );
  });

  it('are not compared where passkeys are off', async () => {
    assert.deepEqual(await warningsFor({ enabled: false }), []);
  });
});
