import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import { openKeyRing } from '../../src/signing/ring.ts';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { maintain, rotate } from '../../src/signing/rotation.ts';
import { selfTestSigners } from '../../src/signing/signer-self-test.ts';
import { hsmKeys } from '../../src/signing/signers/pkcs11/hsm-keys.ts';
import { type Hsm, openHsm } from '../../src/signing/signers/pkcs11/hsm.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import { openStore } from '../../src/store/open.ts';
import { signingRate } from './signing-rate.ts';
import { itLong } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { makeToken, needSoftHsm, type TestToken } from '../support/softhsm.ts';

const seconds = () => Math.floor(Date.now() / 1000);

describe('The keys of a ring in an HSM', function () {
  this.timeout(60_000);
  let directory: string;
  let token: TestToken;
  let hsm: Hsm;
  before(async function () {
    await needSoftHsm(this);
    token = await makeToken();
    directory = mkdtempSync(join(tmpdir(), 'signet-keys-'));
    hsm = await openHsm({ settings: parseConfig({ hsm: token.settings }).hsm });
  });
  after(async () => {
    await hsm?.close();
    token?.stop();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it('are made once by concurrent processes: those that lose the number destroy their key pair', async () => {
    const starts = { alg: 'RS256', announcedAt: seconds(), signsFrom: seconds() } as const;
    const sources = [1, 2, 3].map(() => hsmKeys(keyFiles(directory), hsm, undefined));
    const attempts = sources.map(async (source) => {
      const key = await source.make([], starts);
      return { key, won: await source.create(key) };
    });
    const finished = await Promise.all(attempts);
    assert.equal(finished.filter(({ won }) => won).length, 1);
    for (const { key, won } of finished) {
      const id = 'hsmId' in key ? key.hsmId : '';
      if (won) assert.equal((await hsm.find('RS256', { id, label: 'signet-1' })).id, id);
      else await assert.rejects(hsm.find('RS256', { id }), /no RSA key of the token matches/);
    }
  });

  it('can have their records in the store, for many nodes', async () => {
    const store = await openStore('sqlite::memory:', { clock: Date.now });
    try {
      const masterKeys = parseMasterKeys(randomBytes(32).toString('base64'));
      const source = hsmKeys(storedKeys(store, masterKeys, Date.now), hsm, undefined);
      const ring = await openKeyRing({ source, clock: Date.now, onCreate: () => {} });
      await selfTestSigners(ring);
      const [key] = await source.read();
      assert.ok(key !== undefined && 'hsmId' in key && !('privateJwk' in key));
    } finally {
      await store.close();
    }
  });

  it('are adopted when hsm.uri names one: without scheduled rotation, and each only once', async () => {
    const { id } = await hsm.generate('RS256', 'key ceremony');
    const source = hsmKeys(keyFiles(directory), hsm, { label: 'key ceremony' });
    const settings = { algorithms: ['RS256'], period: 90 * 86_400, tokenLifetime: 3600 } as const;
    const before = await source.read();
    await maintain(source, settings, seconds() + 2 * settings.period, () => {});
    assert.equal((await source.read()).length, before.length, 'no scheduled rotation');
    const key = await rotate(source, settings, seconds());
    assert.equal('hsmId' in key && key.hsmId, id);
    await assert.rejects(rotate(source, settings, seconds() + ANNOUNCEMENT), /the ring already has the key/);
  });

  itLong('sign at the speed of the HSM, without the event loop', async () => {
    const { id } = await hsm.generate('RS256', 'measured');
    const data = Buffer.alloc(500, 'x');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const local = await signingRate(() => sign('sha256', data, privateKey), 1);
    const one = await signingRate(() => hsm.sign('RS256', id, data), 1);
    const many = await signingRate(() => hsm.sign('RS256', id, data), 16);
    figure(
      `RS256 signatures: ${local}/s on the event loop; SoftHSM2 with 2 sessions ${one}/s for sequential calls, ${many}/s for 16 concurrent calls`,
    );
  });
});
