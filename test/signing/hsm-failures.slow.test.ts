import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Hsm, openHsm } from '../../src/signing/signers/pkcs11/hsm.ts';
import { eventually } from '../support/eventually.ts';
import { makeKey } from '../support/obedient-cryptoki.ts';

const BINDING = fileURLToPath(new URL('../support/obedient-cryptoki.ts', import.meta.url));

describe('The connection to a failing HSM', () => {
  let directory: string;
  let library: string;
  let hsm: Hsm;
  let lost: string[];
  let back: number;

  const order = (orders: object) => writeFileSync(library, JSON.stringify(orders));
  const sign = () => hsm.sign('RS256', '00', Buffer.from('data'));

  before(makeKey);
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-hsm-'));
    library = join(directory, 'library.json');
    order({});
    lost = [];
    back = 0;
    const uri = `pkcs11:token=obedient?module-path=${library}`;
    hsm = await openHsm({
      settings: { uri, pin: 'secret-pin', sessions: 2, binding: BINDING },
      onLost: ({ message }) => void lost.push(message),
      onBack: () => void (back += 1),
    });
  });
  afterEach(async () => {
    await hsm.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('times out after two seconds without blocking the event loop, rejects at once while the HSM hangs, and recovers', async function () {
    this.timeout(60_000);
    order({ hang: 3000 });
    let ticks = 0;
    const ticker = setInterval(() => (ticks += 1), 10);
    const hanging = await Promise.allSettled([sign(), sign()]);
    clearInterval(ticker);
    for (const result of hanging) {
      assert.equal(result.status, 'rejected');
      assert.match(String(result.reason), /SignerUnavailableError: the HSM does not answer/);
    }
    assert.ok(ticks > 10, 'the event loop was not blocked');
    assert.throws(() => hsm.check(), /does not answer/);
    const waiting = hsm.waiting;
    await assert.rejects(sign(), { name: 'SignerUnavailableError', statusCode: 503 });
    assert.equal(hsm.waiting, waiting, 'the HSM was not called');
    order({});
    await eventually('it signs again', async () => (await sign()).length === 256);
    hsm.check();
  });

  it('limits the pending calls', async function () {
    this.timeout(60_000);
    order({ hang: 500 });
    const all = Array.from({ length: 510 }, () => sign());
    const refused = all.slice(500);
    for (const each of refused) await assert.rejects(each, /too many signatures are waiting/);
    order({});
    await Promise.allSettled(all);
    await eventually('calls are accepted again', async () => (await sign()).length === 256);
  });

  it('reconnects after an error of the session, and rejects at once until then', async () => {
    order({ refuse: 'CKR_DEVICE_REMOVED', login: 'CKR_DEVICE_REMOVED' });
    await assert.rejects(sign(), /CKR_DEVICE_REMOVED/);
    assert.deepEqual(lost, ['the HSM: CKR_DEVICE_REMOVED']);
    await assert.rejects(sign(), { name: 'SignerUnavailableError', message: 'the HSM: CKR_DEVICE_REMOVED' });
    assert.equal(hsm.waiting, 0);
    order({});
    await eventually('the connection is back', async () => back === 1);
    assert.equal((await sign()).length, 256);
    assert.equal(lost.length, 1, 'reported once');
  });

  it('replaces threads that ended', async () => {
    order({ crash: true });
    await assert.rejects(sign(), /SignerUnavailableError: the HSM: its thread ended/);
    order({});
    await eventually('the connection is back', async () => back === 1);
    assert.equal((await sign()).length, 256);
    assert.equal(hsm.waiting, 0);
  });

  it('still signs when the HSM cannot generate keys', async () => {
    order({ generate: 'CKR_FUNCTION_NOT_SUPPORTED' });
    await assert.rejects(hsm.generate('RS256', 'signet-2'), /CKR_FUNCTION_NOT_SUPPORTED/);
    hsm.check();
    assert.equal((await sign()).length, 256);
    assert.deepEqual(lost, []);
  });

  it('does not retry a rejected PIN, which could lock it', async () => {
    order({ refuse: 'CKR_SESSION_HANDLE_INVALID', login: 'CKR_PIN_INCORRECT' });
    await assert.rejects(sign(), /CKR_SESSION_HANDLE_INVALID/);
    await eventually('the reason is reported', async () => lost.length === 2);
    assert.match(lost[1] ?? '', /CKR_PIN_INCORRECT: the PIN is wrong; .*and restart/);
    order({});
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(back, 0);
    await assert.rejects(sign(), /CKR_PIN_INCORRECT/);
    assert.ok(!lost.join().includes('secret-pin'));
  });
});
