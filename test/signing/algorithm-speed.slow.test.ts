import { SIGNING_ALGORITHMS, verifySignature } from '../../src/signing/algorithms.ts';
import { createKeyRing } from '../../src/signing/ring.ts';
import { localSigners } from '../../src/signing/signers/local.ts';
import type { LocalKey } from '../../src/signing/stored-key.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { recycledKey } from '../support/signing-key.ts';

const NOW = 1_800_000_000;

/** @returns calls in a second of processor time, which other processes on the machine do not change */
function cpuRate(run: () => unknown): number {
  const calls = LONG ? 2000 : 20;
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call += 1) run();
  const { user, system } = process.cpuUsage(before);
  return Math.round((1e6 * calls) / (user + system));
}

describe('The speed of signing algorithms', function () {
  this.timeout(60_000);
  const stored: LocalKey[] = [];
  before(async () => {
    for (const alg of SIGNING_ALGORITHMS)
      stored.push(await recycledKey(stored, { alg, announcedAt: NOW, signsFrom: NOW }));
  });

  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}, in the process`, async () => {
      const key = createKeyRing(stored, NOW, localSigners.open).signer(alg)!;
      const data = Buffer.alloc(500, 'x');
      const signature = await key.sign(data);
      const signed = cpuRate(() => key.sign(data));
      const verified = cpuRate(() => verifySignature(alg, data, key.publicKey, signature));
      figure(`${alg}: ${signed} signatures and ${verified} verifications in a second of processor time`);
    });
  }
});
